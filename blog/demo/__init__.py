"""The demo site: its articles are files here, its pictures are drawn, its people are invented."""
