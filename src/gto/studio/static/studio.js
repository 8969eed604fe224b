// Every page works without this file. With it: theme switch, copy buttons, "/" to search, all ticks at once, menus of rows, previews, what runs.
const root = document.documentElement;
const read = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
const keep = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* a private window */ } };
if (read()) root.dataset.theme = read();
const ready = () => {
  for (const one of document.querySelectorAll("[data-theme-switch], [data-all], .copy")) one.hidden = false;
  for (const one of document.querySelectorAll("[data-check]")) one.hidden = true;
};
ready();

for (const link of document.querySelectorAll("a.more")) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: link.className, title: link.title });
  button.setAttribute("popovertarget", "row-menu");
  Object.assign(button.dataset, { menu: link.dataset.menu ?? "", href: link.href });
  button.append(...link.childNodes);
  link.replaceWith(button);
}

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-menu]");
  for (const one of row ? document.querySelectorAll("#row-menu a") : []) {
    one.hidden = row.dataset.menu !== "" && !row.dataset.menu.split(" ").includes(one.dataset.to);
    const href = row.dataset.href.replace(/actions(?=$|\?)/, one.dataset.to);
    one.href = "bare" in one.dataset ? href.replace(/([?&])version=[^&]*&?/, "$1") : href;
  }
  if (event.target.closest("[data-theme-switch]")) {
    const wish = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.dataset.theme = wish === "dark" ? "light" : "dark";
    keep(root.dataset.theme);
  }
  const copy = event.target.closest(".copy");
  if (copy) {
    const words = [...copy.parentElement.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const text = words.map((node) => node.data).join("").trim();
    navigator.clipboard?.writeText(text).then(() => { copy.title = "Copied"; });
  }
});

document.addEventListener("keydown", (event) => {
  const types = event.target.closest("input, textarea, select");
  if (event.key === "/" && !types && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.querySelector(".top .find input").focus();
  }
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-all]")) return;
  for (const one of event.target.form.querySelectorAll("tbody input[type=checkbox]")) one.checked = event.target.checked;
});

addEventListener("message", (event) => {
  const frame = document.querySelector("iframe.plots");
  const height = Number(event.data?.plots);
  if (frame && event.source === frame.contentWindow && height > 0) frame.height = Math.min(height, 20000);
});

// A form says what it would write as soon as a field changes, and when the page comes with fields that are filled in.
const preview = async (form) => {
  const turn = form.dataset.turn = Date.now();
  const answer = await fetch(`${location.pathname}?${new URLSearchParams(new FormData(form))}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(".will");
  if (fresh && form.dataset.turn === String(turn)) form.querySelector(".will").replaceWith(fresh);
  ready();
};
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-preview]");
  if (!form || event.target.name === "find") return;
  const other = form.querySelector("input[value=other]");
  if (other && event.target.name === "other") other.checked = true;
  preview(form);
});
const isFilled = (field) => field.checked !== field.defaultChecked || field.value !== (field.defaultValue ?? field.value)
  || (field.options && field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected)));
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-preview]")) if ([...form.elements].some(isFilled)) preview(form);
});

// What runs is read again, in its place; all of the page where something began or ended.
const living = () => [...document.querySelectorAll("[data-live]")];
if (living().length) setInterval(async () => {
  if (document.hidden) return;
  const answer = await fetch(location.href).catch(() => null);
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page && [...page.querySelectorAll("[data-live]")], ids = (list) => list.map((one) => one.id).join();
  if (!page || living().some((one) => one.contains(document.activeElement))) return;
  if (ids(fresh) !== ids(living())) location.reload();
  else living().forEach((one, place) => {
    const open = [...one.querySelectorAll("details")].map((each) => each.open);
    one.replaceWith(fresh[place]);
    [...fresh[place].querySelectorAll("details")].forEach((each, at) => { each.open = open[at] ?? false; });
  });
}, 5000);
