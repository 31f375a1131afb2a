// Last: the frame around the views, and the start.

const THEMES = { auto: "dark", dark: "light", light: "auto" };
const THEME_STORE = "seedspec-review:theme";
const view = { name: "" };
const VIEWS = [
  ["grid", "Grid", "1"],
  ["compare", "Compare", "2"],
  ["blind", "Blind", "3"],
  ["table", "Table", "4"],
];
if (PAGE.stats) VIEWS.push(["results", "Results", "5"]);

const viewButtons = VIEWS.map(([name, label, key]) =>
  button({ label, key, pressed: false, act: () => setView(name, { stay: true }), "data-view": name }),
);
const themeButton = button({
  label: "Theme",
  icon: "theme",
  kind: "quiet theme",
  act: () => setTheme(THEMES[document.documentElement.dataset.theme || "auto"]),
});

function setView(name, { stay = false } = {}) {
  if (view.name === name) return;
  stopPreview();
  clearStage();
  view.name = name;
  for (const node of viewButtons) press(node, node.dataset.view === name);
  for (const [known] of VIEWS) $(known).hidden = known !== name;
  document.body.dataset.view = name;
  if (name === "grid") drawGrid();
  else if (name === "compare") openCompare();
  else if (name === "blind") openBlind();
  else if (name === "table") openTable();
  else openResults();
  if (stay) return;
  const place =
    name === "compare" || name === "blind"
      ? stageBox
      : name === "grid"
        ? tileOf(grid.at)?.querySelector(".face")
        : rowsBox;
  (place && place.isConnected ? place : $("main")).focus({ preventScroll: true });
}

function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  keep(THEME_STORE, theme);
  themeButton.querySelector("span").textContent = { auto: "Auto", dark: "Dark", light: "Light" }[theme];
  themeButton.setAttribute("aria-label", `Theme: ${theme}`);
}

function showMarks() {
  showGridPicks();
  if (view.name === "compare") drawCards();
  if (view.name === "blind") drawBallot();
  if (view.name === "table") showTablePicks();
}

function start() {
  $("name").textContent = PAGE.profile ? `${PAGE.name} · ${PAGE.profile}` : PAGE.name;
  const watchable = TAKES.filter((t) => t.playable).length;
  const spent = TAKES.filter((t) => !t.estimated).reduce((sum, t) => sum + (t.usd || 0), 0);
  const cost = TAKES.every((t) => t.usd === null) ? "" : ` · ${dollars(spent)}`; // a blind page knows no costs
  const rest = watchable === TAKES.length ? "" : `, ${watchable} to watch`;
  $("tally").textContent =
    `${counted(TAKES.length, "take")}${rest}${cost}${PAGE.emulator ? " in the emulator" : ""}`;
  $("views").append(...viewButtons);
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
  watch(showMarks);
  startGrid();
  setView(PAGE.blind ? "blind" : "grid", { stay: true });
  changed();
  document.body.dataset.ready = "true";
}

start();
