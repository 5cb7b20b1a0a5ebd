// Keeps the parts marked `data-live` as they are on the server, while somebody looks at them.
// Nothing is replaced that a person is using: an open part, or one with the focus in it.

const EVERY_MS = 10_000;

function isInUse(part) {
  return part.contains(document.activeElement) || part.querySelector("details[open]") !== null;
}

function take(fresh) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (now && !isInUse(part) && now.innerHTML !== part.innerHTML) {
      part.replaceChildren(...now.childNodes);
    }
  }
}

async function look() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  take(new DOMParser().parseFromString(await answer.text(), "text/html"));
}

setInterval(() => look().catch(() => {}), EVERY_MS);
