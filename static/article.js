// Two ways to pass an article on that need a script: the address copied, and the system's own sheet.
// Without this script the plain links stand there alone.

const COPIED_MS = 4000;

function add(box) {
  const ways = box.querySelector("ul");
  const status = document.createElement("p");
  const { url, title } = box.dataset;

  status.className = "share__status";
  status.setAttribute("role", "status");
  box.append(status);

  function button(label, press) {
    const item = document.createElement("li");
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.addEventListener("click", press);
    item.append(made);
    ways.prepend(item);
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(url);
      say("The link is copied.");
    } catch {
      say(url); // not allowed to: here it is, to be copied by hand
    }
  }

  function say(words) {
    status.textContent = words;
    if (words !== url) setTimeout(() => { status.textContent = ""; }, COPIED_MS);
  }

  async function share() {
    try {
      await navigator.share({ title, url });
    } catch (error) {
      if (error.name !== "AbortError") copy();
    }
  }

  if (navigator.clipboard) button("Copy link", copy);
  if (navigator.share) button("Share …", share);
}

document.querySelectorAll(".share").forEach(add);
