// Last: the table of views, the frame around them, and the start.

const THEMES = { auto: "dark", dark: "light", light: "auto" };
const THEME_STORE = "seedspec-review:theme";
const view = { name: "" };

/** @type {View[]} Every view of this page, in the order of the buttons. */
const VIEWS = GUEST
  ? [blindView]
  : [
      gridView, compareView, blindView, tableView,
      ...(PAGE.stats ? [resultsView] : []),
      ...(FILMS.length ? [filmsView] : []),
    ];

const viewButtons = VIEWS.map(({ name, label }, at) =>
  button({ label, key: String(at + 1), pressed: false, act: () => setView(name, { stay: true }), "data-view": name }),
);
const themeButton = button({
  label: "Theme",
  icon: "theme",
  kind: "quiet theme",
  act: () => setTheme(THEMES[document.documentElement.dataset.theme || "auto"]),
});

function viewNow() {
  return VIEWS.find((v) => v.name === view.name);
}

function setView(name, { stay = false } = {}) {
  if (view.name === name) return;
  viewNow()?.close?.();
  clearStage();
  view.name = name;
  for (const node of viewButtons) press(node, node.dataset.view === name);
  for (const known of VIEWS) $(known.name).hidden = known.name !== name;
  document.body.dataset.view = name;
  viewNow()?.open();
  writeAddress();
  if (stay) return;
  const place = viewNow()?.place?.();
  (place && place.isConnected ? place : $("main")).focus({ preventScroll: true });
}

function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  keep(THEME_STORE, theme);
  themeButton.querySelector("span").textContent = { auto: "Auto", dark: "Dark", light: "Light" }[theme];
  themeButton.setAttribute("aria-label", `Theme: ${theme}`);
}

/** What the page is of: how many takes, how many to watch, what they cost. */
function headline() {
  if (GUEST) return "";
  const watchable = TAKES.filter((t) => t.playable).length;
  const spent = TAKES.filter((t) => !t.estimated).reduce((sum, t) => sum + (t.usd || 0), 0);
  const cost = TAKES.every((t) => t.usd === null) ? "" : ` · ${dollars(spent)}`; // a blind page knows no costs
  const rest = watchable === TAKES.length ? "" : `, ${watchable} to watch`;
  const missed = TAKES.filter((t) => unmetOf(t).length).length;
  const unmet = missed ? ` · ${missed} not as expected` : "";
  return `${counted(TAKES.length, "take")}${rest}${unmet}${cost}${PAGE.emulator ? " in the emulator" : ""}`;
}

function start() {
  $("name").textContent = PAGE.profile && !GUEST ? `${PAGE.name} · ${PAGE.profile}` : PAGE.name;
  $("tally").textContent = headline();
  $("main").append(...VIEWS.map(({ name, label }) => el("section", { id: name, "aria-label": label, hidden: true })));
  $("views").append(...viewButtons);
  $("views").hidden = VIEWS.length < 2;
  $("tools").append(
    button({ label: "Undo", key: "U", kind: "quiet", act: () => undoShown() }),
    button({ label: "Copy", kind: "quiet", say: "Copy the review", act: () => copy() }),
    ...("showSaveFilePicker" in window
      ? [button({ label: "Save to…", kind: "quiet", "data-wide": true, act: () => saveTo() })]
      : []),
    button({ label: "Save", key: "S", kind: "primary", act: () => save() }),
    themeButton,
    button({ label: "?", kind: "icon", say: "Help and keys", act: () => openHelp() }),
  );
  setTheme(stored(THEME_STORE) || "auto");
  recall();
  const name = /** @type {HTMLInputElement} */ ($("reviewer"));
  name.value = marks.reviewer;
  name.addEventListener("change", () => {
    marks = { ...marks, reviewer: name.value };
    changed();
    if (view.name === "blind") openBlind();
  });
  watch(() => viewNow()?.redraw?.());
  if (!GUEST) startGrid();
  const named = readAddress();
  setView(named ?? (PAGE.blind || GUEST ? "blind" : "grid"), { stay: true });
  addEventListener("hashchange", followAddress);
  changed();
  probe();
  document.body.dataset.ready = "true";
}

start();
