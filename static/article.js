// What a script adds to an article: two more ways to pass it on, and one count of a read. In one
// file, because each file is a request. Without it the article and the plain links are all there.

const COPIED_MS = 4000;
const VISIBLE_MS = 5000;

// The address copied, and the system's own sheet.
function addWays(box) {
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

// Once the article was before somebody's eyes for a few seconds: which one, and the host of the page
// that led here. Nothing about who reads, nothing stored, and nothing from those who ask for that.
function count(article) {
  const { uid, countedAt } = article.dataset;
  let left = VISIBLE_MS;
  let since = 0;
  let timer = 0;

  function watch() {
    clearTimeout(timer);
    if (document.visibilityState === "visible") {
      since = performance.now();
      timer = setTimeout(send, left);
    } else if (since) {
      left -= performance.now() - since;
      since = 0;
    }
  }

  function send() {
    document.removeEventListener("visibilitychange", watch);
    const referrer = document.referrer && new URL(document.referrer).hostname;
    navigator.sendBeacon(countedAt, new URLSearchParams({ article: uid, referrer }));
  }

  document.addEventListener("visibilitychange", watch);
  watch();
}

const saysNo = navigator.globalPrivacyControl || navigator.doNotTrack === "1" || navigator.webdriver;

document.querySelectorAll(".share").forEach(addWays);
if (!saysNo) document.querySelectorAll("article[data-counted-at]").forEach(count);
