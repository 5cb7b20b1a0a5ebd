// Titles of articles while somebody types into a search field: the “editable combobox with list
// autocomplete” of the ARIA Authoring Practices. Without this script the field is a plain one.

const PAUSE_MS = 150;
const SHORTEST = 2;

function suggest(form) {
  const input = form.querySelector("input[type=search]");
  const list = document.createElement("ul");
  const status = document.createElement("p");
  let chosen = -1;
  let timer = 0;
  let request = new AbortController();

  Object.assign(list, { id: `${input.id}-titles`, className: "suggestions", hidden: true });
  Object.assign(status, { className: "visually-hidden", role: "status" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Articles");
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  input.after(list, status);

  function close() {
    clearTimeout(timer);
    request.abort();
    choose(-1);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  function choose(n) {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = n;
    const option = list.children[n];
    option?.setAttribute("aria-selected", "true");
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function show(suggestions) {
    if (document.activeElement !== input || !suggestions.length) return close();
    list.replaceChildren(...suggestions.map(asOption));
    choose(-1);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    status.textContent = suggestions.length === 1 ? "1 article" : `${suggestions.length} articles`;
  }

  function asOption({ title, url }, n) {
    const option = document.createElement("li");
    Object.assign(option, { id: `${list.id}-${n}`, textContent: title });
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.url = url;
    return option;
  }

  async function ask() {
    request.abort();
    request = new AbortController();
    const address = `${form.dataset.suggestions}?q=${encodeURIComponent(input.value.trim())}`;
    try {
      const response = await fetch(address, { signal: request.signal });
      show((await response.json()).suggestions);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  function move(step) {
    const places = list.children.length + 1; // one of them is the field itself
    choose(((chosen + 1 + step + places) % places) - 1);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (input.value.trim().length < SHORTEST) return close();
    timer = setTimeout(ask, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const isOpen = !list.hidden;
    if (isOpen && event.key === "ArrowDown") move(1);
    else if (isOpen && event.key === "ArrowUp") move(-1);
    else if (isOpen && event.key === "Escape") close();
    else if (isOpen && event.key === "Enter" && chosen >= 0) location.assign(list.children[chosen].dataset.url);
    else if (event.key === "ArrowDown" && input.value.trim().length >= SHORTEST) ask();
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.url);
  });
}

document.querySelectorAll("form[data-suggestions]").forEach(suggest);
