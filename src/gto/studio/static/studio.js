// Every page works without this file. With it: theme switch, copy buttons, "/" to search, ticks that count.
const root = document.documentElement;
const read = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
const keep = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* a private window */ } };
if (read()) root.dataset.theme = read();
for (const one of document.querySelectorAll("[data-theme-switch], .copy")) one.hidden = false;

document.addEventListener("click", (event) => {
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
  const tray = document.querySelector(".tray [data-chosen]");
  if (!tray || !event.target.matches("tbody input[type=checkbox]")) return;
  event.target.closest("tr").classList.toggle("chosen", event.target.checked);
  tray.textContent = document.querySelectorAll("tbody input:checked").length;
});

addEventListener("message", (event) => {
  const frame = document.querySelector("iframe.plots");
  const height = Number(event.data?.plots);
  if (frame && event.source === frame.contentWindow && height > 0) frame.height = Math.min(height, 20000);
});
