"""The web server exactly as `make run` starts it, and in this very process."""

import os

from careersite.run import web

if __name__ == "__main__":
    command = web().command
    os.execv(command[0], command)
