// The films: each is looked at as a take is, with parts that play one after the other in the place of one video.

/** @type {Take[]} Behind the takes by their numbers, so that a number means one of them alone. */
const FILMS = (PAGE.films ?? []).map((row, at) => filmOf(row, TAKES.length + at));
/** Films that show a video in each of their shots: only these are voted on. */
const WHOLE_FILMS = FILMS.filter(({ parts = [] }) => parts.every(({ take }) => take.playable));

/** @type {(row: FilmRow, index: number) => Take} */
function filmOf({ name, labels, fp, plays, lacks }, index) {
  let start = 0;
  const parts = plays.map(({ take, seconds, picked }) => {
    const part = { take: TAKES[take], start, seconds, picked };
    start += seconds;
    return part;
  });
  const first = (parts.find(({ take }) => take.playable) ?? parts[0]).take;
  return {
    ...first, address: name, shot: "film", labels, take: 1, fp, index, seconds: start, parts, lacks,
    fps: first.fps ?? 24, playable: true, picked: false, credits: null, usd: null, bytes: null,
  };
}

/**
 * Which part is on at a time, by its number; the last one at the end.
 * @type {(film: Take, time: number) => number}
 */
function partAt({ parts = [] }, time) {
  const after = parts.findIndex(({ start, seconds }) => time < start + seconds - 1e-6);
  return after < 0 ? parts.length - 1 : after;
}

/** @param {Take} film */
function filmInWords(film) {
  return Object.values(film.labels).join(" · ") || "the film";
}

/**
 * What a film has, and what it lacks, for people.
 * @param {Take} film
 */
function aboutFilm({ parts = [], seconds, lacks = [] }) {
  const gaps = parts.filter(({ take }) => !take.playable).length;
  return [
    `${Number(seconds).toFixed(1)} s`,
    counted(parts.length, "shot"),
    ...(gaps ? [`${counted(gaps, "shot")} without a video`] : []),
    ...(lacks.length ? [`its row has no ${lacks.join(", ")}`] : []),
  ].join(" · ");
}
