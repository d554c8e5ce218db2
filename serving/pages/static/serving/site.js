// Comfort on top of pages that work without it: theme, keys, refresh, forms that apply at once, copying.
"use strict";

const byId = (id) => document.getElementById(id);
const kept = {
  read(name) { try { return localStorage.getItem(name); } catch { return null; } },
  write(name, value) { try { localStorage.setItem(name, value); } catch { /* not kept, then */ } },
};

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function switchTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  kept.write("theme", theme);
  document.dispatchEvent(new Event("theme"));
}

function addBrowserZone() {
  const select = byId("tz");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = select && [...select.options].find((option) => option.value === zone);
  if (known && zone !== "UTC") {
    known.value = zone;
    known.textContent = `${zone} (this browser)`;
    select.insertBefore(known, select.options[1] ?? null);
  }
}

function applyAtOnce() {
  for (const form of document.querySelectorAll("form[data-auto]")) {
    form.addEventListener("change", () => form.requestSubmit());
  }
}

// Empty fields do not belong into an address.
function dropEmpty(event) {
  for (const [name, value] of [...event.formData]) {
    if (value === "" && event.target.method === "get") event.formData.delete(name);
  }
}

const refreshing = { every: 0, last: Date.now(), busy: false };

async function refresh() {
  const live = byId("live");
  if (!live || refreshing.busy) return;
  refreshing.busy = true;
  try {
    const answer = await fetch(location.href, { headers: { "X-Refresh": "1" }, cache: "no-store" });
    if (answer.redirected) { location.reload(); return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    swap(live, fresh.getElementById("live"), answer);
    swapText(fresh);
    byId("announce").textContent = `Updated at ${new Date().toLocaleTimeString()}`;
  } catch {
    byId("announce").textContent = "The site could not be reached; the numbers shown are old.";
    byId("fresh")?.classList.add("lost");
  } finally {
    refreshing.busy = false;
    refreshing.last = Date.now();
  }
}

function swap(live, fresh, answer) {
  if (!fresh) throw new Error(`no page: ${answer.status}`);
  const open = [...live.querySelectorAll("details[id][open]")].map((details) => details.id);
  const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
  live.replaceWith(fresh);
  for (const id of open) byId(id)?.setAttribute("open", "");
  if (focused) byId(focused)?.focus({ preventScroll: true });
  document.dispatchEvent(new Event("redraw"));
}

// The line of freshness, but for its own control, which is in use.
function swapText(fresh) {
  const here = byId("fresh"), there = fresh.getElementById("fresh");
  if (!here || !there) return;
  here.className = there.className;
  const control = here.querySelector(".refresh");
  here.replaceChildren(...[...there.children].filter((child) => !child.matches(".refresh")), control);
}

function watchRefresh() {
  const select = byId("refresh");
  if (!select) return;
  const set = (seconds) => { refreshing.every = seconds; refreshing.last = Date.now(); };
  // A page that lives from being fresh asks for a refresh until someone chooses otherwise.
  select.value = sessionStorage.getItem("refresh") ?? byId("live")?.dataset.refresh ?? "0";
  set(Number(select.value));
  select.addEventListener("change", () => {
    sessionStorage.setItem("refresh", select.value);
    set(Number(select.value));
  });
  const due = () => refreshing.every && !document.hidden && Date.now() - refreshing.last >= refreshing.every * 1000;
  setInterval(() => { if (due()) refresh(); }, 1000);
  document.addEventListener("visibilitychange", () => { if (due()) refresh(); });
}

const PAGES = {
  o: "overview", u: "usage", q: "quotas", s: "services", m: "machines", e: "explorer", f: "offers",
  b: "dashboards", p: "proof", h: "health",
};

function press(event) {
  const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.key === "?") { byId("keys")?.showModal(); event.preventDefault(); return; }
  if (byId("keys")?.open || !byId("keys-on")?.checked) return;
  const act = {
    t: switchTheme, r: refresh, d: () => byId("from")?.focus(), "/": () => byId("q")?.focus(),
    "[": () => document.querySelector("a[data-key='[']")?.click(),
    "]": () => document.querySelector("a[data-key=']']")?.click(),
  }[event.key];
  const link = PAGES[event.key] && document.querySelector(`nav a[data-page=${PAGES[event.key]}]`);
  if (act || link) { event.preventDefault(); act ? act() : link.click(); }
}

async function copy(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = byId(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
  }
}

function watchKeys() {
  const on = byId("keys-on");
  if (on) {
    on.checked = kept.read("keys") !== "off";
    on.addEventListener("change", () => kept.write("keys", on.checked ? "on" : "off"));
  }
  byId("keys-open")?.addEventListener("click", () => byId("keys").showModal());
  document.addEventListener("keydown", press);
}

byId("theme")?.addEventListener("click", switchTheme);
document.addEventListener("click", copy);
document.addEventListener("formdata", dropEmpty);
addBrowserZone();
applyAtOnce();
watchRefresh();
watchKeys();
