// The end of blind votes: thanks, what was done, and one large button that hands the votes over.

function endOfBlind() {
  const given = marks.votes.filter((v) => v.blind && v.winner !== "skip").length;
  const who = marks.reviewer.trim();
  const open = askable().filter((pair) => winners()(pair) === null).length;
  const name = el("input", {
    type: "text",
    maxlength: "40",
    autocomplete: "name",
    spellcheck: "false",
    placeholder: "your name",
    oninput: (event) => nameReviewer(event.target.value),
  });
  return el(
    "div",
    { class: "ending" },
    el("h2", { tabindex: "-1" }, who ? `Thank you, ${who}.` : "Thank you."),
    el("p", {}, `You voted on ${counted(given, "pair")}. ${saidAtTheEnd(open)}`),
    who ? null : el("label", { class: "field" }, el("span", {}, "Your name goes into the file"), name),
    button({
      label: canSend() ? "Send the votes" : "Save the votes",
      kind: "primary large",
      act: () => (canSend() ? send() : save()),
    }),
    el("p", { class: "soft" }, whereItGoes()),
    el(
      "div",
      { class: "bar" },
      canSend() ? button({ label: "Save as a file", act: () => save() }) : null,
      open
        ? button({
            label: "Vote on more",
            act: () => {
              blind.goesOn = true;
              blind.ended = "";
              showPair();
            },
          })
        : null,
      button({ label: "Back", key: "[", kind: "quiet", act: () => stepPair(-1) }),
    ),
  );
}

/** @param {number} open */
function saidAtTheEnd(open) {
  if (blind.ended === "decided") return "Your votes decide it: what leads is ahead by more than chance.";
  return open ? "" : "That was the last pair.";
}

function whereItGoes() {
  return GUEST || PAGE.media === "proxy"
    ? "Send this file to whoever sent you the page. Nothing has left this page by itself."
    : "Put this file into reviews/ beside the storyboard, or send it to whoever sent you the page.";
}

/** @param {string} name */
function nameReviewer(name) {
  const field = /** @type {HTMLInputElement} */ ($("reviewer"));
  field.value = name;
  marks = { ...marks, reviewer: name };
  changed();
}

function canSend() {
  const file = new File([""], fileName(), { type: "text/plain" });
  return NARROW.matches && Boolean(navigator.canShare?.({ files: [file] }));
}

/** On a phone the file goes out by whatever the reviewer sends things with. */
async function send() {
  if (!named()) return;
  try {
    await navigator.share({ files: [new File([yaml()], fileName(), { type: "text/plain" })], title: PAGE.name });
    say(`Sent ${fileName()}: ${tallied()}`);
  } catch (raised) {
    if (/** @type {Error} */ (raised).name === "AbortError") say("Not sent");
    else save();
  }
}
