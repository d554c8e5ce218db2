// Before anything is drawn: the theme that was chosen here before, and the mark that scripts run.
"use strict";
const root = document.documentElement;
root.classList.add("js");
try {
  const kept = localStorage.getItem("theme");
  if (kept === "light" || kept === "dark") root.dataset.theme = kept;
} catch { /* storage may be forbidden: the system's preference holds */ }
