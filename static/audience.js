// How many people a letter would go to, while somebody chooses who they are.

const shown = document.getElementById("audience");
const form = shown?.closest("form");
let newest = 0;

async function count() {
  const mine = ++newest;
  const chosen = new FormData(form);
  const query = new URLSearchParams({ frequency: chosen.get("frequency") ?? "" });
  chosen.getAll("topics").forEach((topic) => query.append("topics", topic));
  const answer = await fetch(`${shown.dataset.address}?${query}`);
  if (!answer.ok) return;
  const { people } = await answer.json();
  if (mine !== newest || people === null) return;
  shown.textContent = people.toLocaleString("en");
  if (shown.nextSibling) shown.nextSibling.textContent = " would get it";
}

form?.addEventListener("change", ({ target }) => {
  if (["frequency", "topics"].includes(target.name)) count().catch(() => {});
});
