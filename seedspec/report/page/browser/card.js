// What stands under a take in compare: what it is, what it cost, its prompt against the other's, pick and notes.

/** Labels of a take as chips; those on which it differs from another one on the stage come first and stand out. */
function chips(take) {
  const changed = Object.values(stage.takes).flatMap((other) => (other && other !== take ? differing(take, other) : []));
  const list = el("ul", { class: "chips", "aria-label": "Labels" });
  const add = (axis, label) => {
    const differs = changed.includes(axis);
    list.append(
      el(
        "li",
        { class: differs ? "chip differs" : "chip" },
        el("span", { class: "soft" }, axis),
        ` ${label}`,
        differs ? el("span", { class: "unseen" }, " (differs)") : null,
      ),
    );
  };
  const names = ["shot", ...Object.keys(take.labels), "take"];
  const ordered = [...names.filter((axis) => changed.includes(axis)), ...names.filter((axis) => !changed.includes(axis))];
  for (const axis of ordered) add(axis, placeOn(take, axis));
  return list;
}

function stateOf(take) {
  const words = PAGE.words[take.state];
  const shaped = take.state === "failed" || take.state === "doubt" ? icon("flag") : null;
  return el("span", { class: `state state-${take.state}` }, shaped, words);
}

/** @type {(take: Take, how?: { key?: string, small?: boolean }) => any} */
function pickButton(take, { key, small = false } = {}) {
  return button({
    icon: "star",
    label: small ? "" : "Pick",
    key,
    kind: small ? "icon star" : "star",
    say: small ? `Pick ${wordsOf(take)}` : null,
    pressed: isPicked(take),
    act: () => togglePick(take),
    "data-pick": take.index,
  });
}

function card(side, take, other) {
  const name = side.toUpperCase();
  const notes = notesOn(take);
  return el(
    "article",
    { class: `card card-${side}`, "data-side-of": side, "aria-label": `Take ${name}` },
    el(
      "div",
      { class: "card-head" },
      el("span", { class: "badge", "aria-hidden": "true" }, name),
      takeChoice(side, take, other),
      pickButton(take, { key: stage.side === side ? "P" : undefined }),
      button({
        icon: "note",
        label: "Note",
        key: stage.side === side ? "N" : undefined,
        act: () => openNote(take, clock.time),
      }),
    ),
    chips(take),
    el(
      "p",
      { class: "facts" },
      factsOf(take).join("  ·  "),
      take.picked ? el("span", { class: "in-git" }, "picked in git") : null,
    ),
    unmetList(take),
    take.measured ? el("p", { class: "facts", "data-measured": "" }, take.measured) : null,
    notes.length ? noteList(notes) : null,
    el(
      "div",
      { class: "words" },
      other ? marked(promptOf(take), promptOf(other)) : el("p", { class: "prompt" }, promptOf(take)),
    ),
  );
}

function takeChoice(side, take, other) {
  const first = other ? differing(take, other) : [];
  const select = el("select", {
    "aria-label": `Take ${side.toUpperCase()}`,
    onchange: (event) => setCompared(side, TAKES[Number(event.target.value)]),
  });
  for (const [shot, takes] of grouped()) {
    const group = el("optgroup", { label: shot });
    for (const t of takes) {
      group.append(el("option", { value: t.index, ...(t === take ? { selected: true } : {}) }, wordsOf(t, ["shot"], first)));
    }
    select.append(group);
  }
  return select;
}

function noteList(notes) {
  return el(
    "ul",
    { class: "notes" },
    notes.map((note) =>
      el(
        "li",
        {},
        button({
          label: timecode(note.at),
          kind: "quiet time",
          say: `Go to ${timecode(note.at)}`,
          act: () => jump(note.at + 0.001),
        }),
        el("span", {}, note.text),
        button({
          label: "Remove",
          kind: "quiet",
          say: `Remove the note at ${timecode(note.at)}`,
          act: () => dropNote(note),
        }),
      ),
    ),
  );
}

/** @type {Map<Take, string>} What was begun and not kept, so that a wrong key loses nothing. */
const drafts = new Map();

/**
 * Asks for a note at a time in a take.
 * @param {Take} take
 * @param {number} at
 */
function openNote(take, at) {
  clock.pause();
  const dialog = dialogOf("note");
  const text = el("textarea", { rows: "4", maxlength: "4000", "aria-label": "Note", "aria-describedby": "note-keys" });
  text.value = drafts.get(take) ?? "";
  const done = () => {
    if (text.value.trim()) addNote(take, at, text.value.trim());
    text.value = "";
    dialog.close();
  };
  dialog.addEventListener("close", () => drafts.set(take, text.value), { once: true });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) done();
  });
  const hidden = view.name === "blind";
  dialog.replaceChildren(
    el("h2", { id: "note-title" }, `Note at ${timecode(at)}`),
    el("p", { class: "soft" }, hidden ? `Take ${stage.side.toUpperCase()}` : wordsOf(take)),
    text,
    el("p", { class: "soft", id: "note-keys" }, "Ctrl+Enter keeps the note. Escape closes; the text waits here."),
    el(
      "div",
      { class: "bar end" },
      button({ label: "Close", act: () => dialog.close() }),
      button({ label: "Keep note", kind: "primary", act: done }),
    ),
  );
  dialog.showModal();
  text.focus();
}
