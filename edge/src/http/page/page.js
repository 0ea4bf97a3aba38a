// The page of the daemon: asks for the status each second, follows the records of one source as
// Server-Sent Events, and draws. Texts from data are only ever set as text.

const UNITS = {
  AU01: "inner brow raiser",
  AU02: "outer brow raiser",
  AU04: "brow lowerer",
  AU05: "upper lid raiser",
  AU06: "cheek raiser",
  AU07: "lid tightener",
  AU09: "nose wrinkler",
  AU10: "upper lip raiser",
  AU11: "nasolabial deepener",
  AU12: "lip corner puller",
  AU14: "dimpler",
  AU15: "lip corner depressor",
  AU17: "chin raiser",
  AU20: "lip stretcher",
  AU23: "lip tightener",
  AU24: "lip pressor",
  AU25: "lips part",
  AU26: "jaw drop",
  AU28: "lip suck",
  AU43: "eyes closed",
};
// In the order in which the timeline stacks them.
const EXPRESSIONS = {
  neutral: "Neutral",
  happiness: "Happiness",
  surprise: "Surprise",
  sadness: "Sadness",
  anger: "Anger",
  disgust: "Disgust",
  fear: "Fear",
  contempt: "Contempt",
  anxiety: "Anxiety",
  helplessness: "Helplessness",
  disappointment: "Disappointment",
};
const ABSTAIN = {
  too_small: "too small to be read",
  too_blurred: "too blurred to be read",
  turned_away: "turned too far away to be read",
  out_of_frame: "not wholly in the picture",
  unsure: "too uncertain to be read",
};
const WINDOW_MS = 60000;
const STALE_MS = 3000;

const $ = (id) => document.getElementById(id);
const now = () => performance.now();
const percent = (p) => `${Math.round(p * 100)} %`;
const expression = ({ label, p, abstain }) => (abstain ? "Unsure" : `${EXPRESSIONS[label] ?? label} ${percent(p[label] ?? 0)}`);
const signed = (x, digits) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(digits)}`;
const api = (...parts) => `/api/v1/${parts.map(encodeURIComponent).join("/")}`;

const state = {
  status: null,
  source: null, // name of the chosen source
  track: null, // the chosen face; null: the largest
  stream: null,
  record: null, // the newest frame record of the source
  recordAt: 0,
  records: new Map(), // the last ones by sequence, for pictures that come later
  history: new Map(), // per track: [{at, p}], the last minute
  picture: null, // {bitmap, sequence}
  streamOk: false,
  statusOk: true,
  missed: 0,
  loggedIn: false,
};

function el(tag, props, ...children) {
  const made = Object.assign(document.createElement(tag), props);
  made.append(...children);
  return made;
}

function svg(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// ---- asking ----

class Refused extends Error {}

async function ask(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: method === "GET" ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  if (answer.status === 401 && path !== "/login") showLogin();
  if (!answer.ok) {
    let reason = `${answer.status} ${answer.statusText}`;
    try {
      reason = JSON.parse(text).error;
    } catch {
      // Not the daemon's own words: the status has to do.
    }
    throw new Refused(reason);
  }
  return text ? JSON.parse(text) : null;
}

let saidTimer = 0;
function say(text, bad) {
  const said = $("said");
  said.textContent = text;
  said.classList.toggle("bad", Boolean(bad));
  said.hidden = false;
  clearTimeout(saidTimer);
  saidTimer = setTimeout(() => (said.hidden = true), bad ? 9000 : 4500);
}

async function order(button, method, path, body, busy) {
  button.disabled = true;
  if (busy) say(busy);
  try {
    const done = await ask(method, path, body);
    say(done?.message ?? "done");
    await look();
    return true;
  } catch (error) {
    say(error instanceof Refused ? error.message : "The daemon does not answer.", true);
    return false;
  } finally {
    button.disabled = false;
  }
}

// ---- status ----

async function look() {
  try {
    state.status = await ask("GET", api("status"));
    state.statusOk = true;
    state.loggedIn = true;
    $("main").hidden = false;
  } catch (error) {
    state.statusOk = false;
    if (!(error instanceof Refused)) state.streamOk = false;
  }
  choose();
  showStatus();
}

async function lookForEver() {
  await look();
  setTimeout(lookForEver, document.hidden ? 5000 : 1000);
}

// Keeps the chosen source, or takes the first that is there.
function choose(name) {
  const sources = Object.keys(state.status?.sources ?? {});
  const wanted = name ?? state.source;
  const chosen = sources.includes(wanted) ? wanted : (sources[0] ?? null);
  if (chosen === state.source) return;
  state.source = chosen;
  state.track = null;
  state.record = null;
  state.picture = null;
  state.missed = 0;
  state.records.clear();
  state.history.clear();
  showFaces(null);
  showUnits(null);
  showGraph(null);
  follow();
  showStatus();
}

function showStatus() {
  const { status } = state;
  showLink();
  if (!status) return;
  showTabs(status.sources);
  showHealth(status.sources[state.source]);
  showModels(status);
  showSinks(status.sinks);
  $("about").textContent = `Mien ${status.version} · running since ${new Date(status.run).toLocaleString()}`;
}

function showLink() {
  const link = $("link");
  const set = (kind, text) => {
    link.className = `pill ${kind}`;
    link.textContent = text;
  };
  const banner = $("banner");
  const broken = state.loggedIn && !state.statusOk;
  banner.hidden = !broken;
  if (broken) {
    banner.textContent = "The daemon does not answer. What you see is the last that was known; trying again.";
    set("bad", "not connected");
  } else if (!state.status) set("wait", "connecting");
  else if (state.source && !state.streamOk) set("wait", "stream broken, trying again");
  else if (!state.status.running) set("wait", "starting");
  else set("good", state.missed ? `live · ${state.missed} records skipped` : "live");
}

let tabs = "";
function showTabs(sources) {
  const names = Object.keys(sources);
  const key = JSON.stringify(names.map((name) => [name, sources[name].state, name === state.source]));
  if (key === tabs) return;
  tabs = key;
  const focused = document.activeElement?.dataset?.source;
  const buttons = names.map((name, index) => {
    const dot = el("span", { className: `dot ${sources[name].state}` });
    const hint = index < 9 ? ` (key ${index + 1})` : "";
    const title = `${name}: ${sources[name].state}${hint}`;
    const button = el("button", { type: "button", title, ariaPressed: String(name === state.source) }, dot, el("span", { textContent: name }));
    button.dataset.source = name;
    button.onclick = () => choose(name);
    return button;
  });
  $("sources").replaceChildren(...(names.length ? buttons : [el("small", { textContent: "no source yet: add one below" })]));
  buttons.find((button) => button.dataset.source === focused)?.focus();
}

function numbers(list, entries) {
  const shown = entries.filter(([, value]) => value !== undefined && value !== null);
  const pairs = shown.map(([name, value, wide]) =>
    el("div", { className: wide ? "wide" : "" }, el("dt", { textContent: name }), el("dd", { textContent: value })),
  );
  list.replaceChildren(...pairs);
}

function showHealth(source) {
  $("health-name").textContent = state.source ?? "none";
  $("health-state").hidden = !source;
  $("remove").hidden = !source || ["ended", "failed"].includes(source.state);
  $("health-reason").hidden = !source?.reason;
  if (!source) return numbers($("health"), []);
  $("health-state").textContent = source.state;
  $("health-state").className = `pill ${source.state}`;
  $("health-reason").textContent = source.reason ?? "";
  const { p50, p95, p99 } = source.latency_millis;
  const reasons = Object.entries(source.lost_by_reason ?? {});
  const lost = reasons.map(([reason, frames]) => `${frames.toLocaleString()} ${reason.replaceAll("_", " ")}`);
  numbers($("health"), [
    ["Input", source.input, true],
    ["Frames per second", source.frames_per_sec.toFixed(1)],
    ["Latency p50 / 95 / 99", `${p50.toFixed(0)} / ${p95.toFixed(0)} / ${p99.toFixed(0)} ms`],
    ["Last frame", source.last_frame_secs === null ? "none yet" : `${source.last_frame_secs.toFixed(1)} s ago`],
    ["Frames read", source.frames.toLocaleString()],
    ["Faces", source.faces.toLocaleString()],
    ["Reconnects", source.reconnects.toLocaleString()],
    ["Frames not read", source.frames_lost ? lost.join(",\n") || source.frames_lost.toLocaleString() : "none"],
  ]);
}

function showModels({ bundle }) {
  $("bundle").textContent = bundle?.name ?? "being opened";
  const providers = Object.entries(bundle?.providers ?? {});
  numbers($("providers"), [["Folder", bundle?.folder, true], ...providers.map(([model, provider]) => [model.replaceAll("_", " "), `on ${provider}`])]);
}

// Whatever the daemon says about its outputs.
function showSinks(sinks) {
  const entries = Object.entries(sinks ?? {});
  document.querySelector(".sinks").hidden = !entries.length;
  const flat = (value, path) =>
    value !== null && typeof value === "object"
      ? Object.entries(value).flatMap(([key, inner]) => flat(inner, path ? `${path} ${key}` : key))
      : [[path.replaceAll("_", " "), value === null ? null : String(value)]];
  const blocks = entries.map(([key, sink]) => {
    const list = el("dl", { className: "numbers" });
    numbers(list, flat(sink, ""));
    return el("div", {}, el("h3", { textContent: sink?.name ?? key }), list);
  });
  $("sinks").replaceChildren(...blocks);
}

// ---- records ----

function follow() {
  state.stream?.close();
  state.stream = null;
  state.streamOk = false;
  if (!state.source) return;
  const stream = new EventSource(`${api("records")}?kind=frame&source=${encodeURIComponent(state.source)}`);
  state.stream = stream;
  stream.onopen = () => {
    state.streamOk = true;
    showLink();
  };
  stream.onmessage = (event) => take(JSON.parse(event.data));
  stream.addEventListener("lagged", (event) => (state.missed += JSON.parse(event.data).records));
  stream.onerror = () => {
    if (state.stream !== stream) return;
    state.streamOk = false;
    showLink();
    // The browser tries again by itself, unless it was told no.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => state.stream === stream && follow(), 2000);
  };
}

function take(record) {
  if (record.source !== state.source) return;
  const at = now();
  state.record = record;
  state.recordAt = at;
  state.records.set(record.sequence, record);
  for (const sequence of state.records.keys()) {
    if (state.records.size <= 90) break;
    state.records.delete(sequence);
  }
  for (const face of record.faces) {
    const history = state.history.get(face.track) ?? [];
    state.history.set(face.track, history);
    if (history.length && at - history.at(-1).at < 80) continue;
    history.push({ at, p: face.abstain ? null : face.expression.p });
    while (history[0].at < at - WINDOW_MS) history.shift();
  }
  for (const [track, history] of state.history) {
    if (history.at(-1).at < at - WINDOW_MS) state.history.delete(track);
  }
  dirty = true;
}

const area = (face) => face.box.width * face.box.height;

function chosenFace(record) {
  const faces = record?.faces ?? [];
  const chosen = faces.find((face) => face.track === state.track);
  return chosen ?? faces.reduce((best, face) => (!best || area(face) > area(best) ? face : best), null);
}

let dirty = true;
let slowAt = 0;
function draw() {
  requestAnimationFrame(draw);
  const at = now();
  const fresh = at - state.recordAt < STALE_MS;
  if (dirty) drawStage();
  if (at - slowAt < 110) return;
  slowAt = at;
  const face = fresh ? chosenFace(state.record) : null;
  showFaces(fresh ? state.record : null);
  showUnits(face);
  showGraph(face);
  drawTimeline(face);
  if (!fresh) drawStage();
}

// ---- the picture ----

async function lookAtPicture() {
  let pause = 400;
  if (state.status?.preview && state.source && !document.hidden) {
    const source = state.source;
    try {
      const answer = await fetch(api("sources", source, "preview.jpg"));
      if (answer.ok) {
        const sequence = Number(answer.headers.get("mien-sequence"));
        const bitmap = await createImageBitmap(await answer.blob());
        if (source === state.source) {
          state.picture?.bitmap.close();
          state.picture = { bitmap, sequence };
          dirty = true;
          pause = 150;
        }
      } else {
        await answer.text();
        pause = 1500;
      }
    } catch {
      pause = 1500;
    }
  }
  setTimeout(lookAtPicture, pause);
}

function fit(canvas, width, height) {
  const scale = Math.min(window.devicePixelRatio || 1, 2);
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}

function drawStage() {
  dirty = false;
  const canvas = $("overlay");
  // One that nothing is known of any more is old: the daemon has stopped giving pictures.
  const known = state.picture && (state.records.has(state.picture.sequence) || state.picture.sequence >= (state.record?.sequence ?? 0));
  const picture = known ? state.picture : null;
  // Boxes belong to the picture that is shown, not to the newest one.
  const record = (picture && state.records.get(picture.sequence)) || (picture ? null : state.record);
  const size = record?.frame ?? (picture ? picture.bitmap : (state.record?.frame ?? { width: 16, height: 9 }));
  const width = canvas.parentElement.clientWidth;
  if (!width) return;
  const height = Math.min((width * size.height) / size.width, Math.max(window.innerHeight * 0.66, 260));
  const scale = Math.min(width / size.width, height / size.height);
  const context = fit(canvas, width, height);
  context.clearRect(0, 0, width, height);
  const [left, top] = [(width - size.width * scale) / 2, (height - size.height * scale) / 2];
  context.translate(left, top);
  if (picture) context.drawImage(picture.bitmap, 0, 0, size.width * scale, size.height * scale);
  else drawGround(context, size.width * scale, size.height * scale);
  const fresh = now() - state.recordAt < STALE_MS;
  $("ground-note").hidden = Boolean(state.status?.preview) || !fresh;
  const note = $("stage-note");
  note.hidden = Boolean(picture) || fresh;
  note.textContent = !state.source ? "No source yet." : state.record ? "No frames at the moment." : "Waiting for the first frame.";
  if (!record || !fresh) return;
  const chosen = chosenFace(record);
  for (const face of record.faces) drawFace(context, face, scale, face === chosen, Boolean(picture));
}

function drawGround(context, width, height) {
  context.strokeStyle = color("stage-line");
  context.lineWidth = 1;
  context.beginPath();
  const step = width / 16;
  for (let x = step; x < width - 1; x += step) {
    context.moveTo(Math.round(x) + 0.5, 0);
    context.lineTo(Math.round(x) + 0.5, height);
  }
  for (let y = step; y < height; y += step) {
    context.moveTo(0, Math.round(y) + 0.5);
    context.lineTo(width, Math.round(y) + 0.5);
  }
  context.stroke();
}

const called = (face) => face.person ?? `#${face.track}`;

function drawFace(context, face, scale, chosen, onPicture) {
  const tint = onPicture ? "#5ac8ff" : color("accent");
  const [x, y, w, h] = [face.box.x, face.box.y, face.box.width, face.box.height].map((value) => value * scale);
  context.globalAlpha = face.abstain ? 0.55 : 1;
  context.lineJoin = "round";
  const outline = (style, width) => {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.beginPath();
    context.roundRect(x, y, w, h, 8);
    context.stroke();
  };
  context.setLineDash(face.abstain ? [6, 5] : []);
  if (onPicture) outline("rgb(0 0 0 / 45%)", chosen ? 5 : 3.5);
  outline(tint, chosen ? 2.5 : 1.5);
  context.setLineDash([]);
  context.fillStyle = tint;
  const points = Object.values(face.landmarks).map(([px, py]) => [px * scale, py * scale]);
  const radius = Math.max(1.8, Math.min(3.6, w / 60));
  for (const [px, py] of points) {
    context.beginPath();
    context.arc(px, py, radius, 0, 7);
    context.fill();
  }
  if (face.pose) {
    // Where the nose points, seen from the front: left of the subject is right in the picture.
    const [px, py] = face.landmarks.nose.map((value) => value * scale);
    const rad = Math.PI / 180;
    const dx = Math.sin(face.pose.yaw * rad) * Math.cos(face.pose.pitch * rad) * w * 0.7;
    const dy = -Math.sin(face.pose.pitch * rad) * w * 0.7;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(px, py);
    context.lineTo(px + dx, py + dy);
    context.stroke();
  }
  const what = face.abstain ? ABSTAIN[face.abstain] : expression(face.expression);
  const text = `${called(face)}  ${what}`;
  context.font = `600 12px system-ui, sans-serif`;
  const wide = context.measureText(text).width + 14;
  const up = y > 24 ? y - 24 : y + h + 4;
  context.globalAlpha = 1;
  context.fillStyle = tint;
  context.beginPath();
  context.roundRect(x, up, wide, 20, 6);
  context.fill();
  context.fillStyle = onPicture ? "#04121c" : color("panel");
  context.textBaseline = "middle";
  context.fillText(text, x + 7, up + 10.5);
}

// ---- faces, units, timeline ----

let faceKey = "";
function showFaces(record) {
  const faces = record?.faces ?? [];
  const chosen = chosenFace(record);
  const key = JSON.stringify(faces.map((face) => [face.track, face.person, face === chosen]));
  const detail = $("faces").querySelector("small");
  const pose = chosen?.pose;
  const turned = pose ? `turn ${Math.round(pose.yaw)}°, nod ${Math.round(pose.pitch)}°, tilt ${Math.round(pose.roll)}°` : "";
  if (key === faceKey) {
    if (detail && chosen) detail.textContent = turned;
    return;
  }
  faceKey = key;
  const focused = document.activeElement?.dataset?.track;
  const buttons = faces.map((face) => {
    const button = el("button", { type: "button", textContent: called(face), ariaPressed: String(face === chosen) });
    button.dataset.track = face.track;
    button.onclick = () => {
      state.track = face.track;
      dirty = true;
    };
    return button;
  });
  $("faces").replaceChildren(...buttons, el("small", { textContent: chosen ? turned : "No face in sight." }));
  buttons.find((button) => button.dataset.track === focused)?.focus();
  const form = $("person");
  form.hidden = !chosen && !form.contains(document.activeElement);
  if (chosen && form.dataset.track !== String(chosen.track)) {
    form.dataset.track = chosen.track;
    if (!form.contains(document.activeElement)) $("person-name").value = chosen.person ?? "";
  }
}

const rows = {};
function makeUnits() {
  for (const [code, name] of Object.entries(UNITS)) {
    const row = {
      fill: el("span", { className: "fill" }),
      right: el("span", { className: "fill right" }),
      rest: el("span", { className: "rest", hidden: true }),
      value: el("span", { className: "value" }),
      change: el("span", { className: "change" }),
    };
    row.row = el(
      "div",
      { className: "au", title: `${code} ${name}` },
      el("span", { className: "code", textContent: code }),
      el("span", { className: "unit", textContent: name }),
      el("span", { className: "bars" }, row.fill, row.right, row.rest),
      row.value,
      row.change,
    );
    rows[code] = row;
    $("units").append(row.row);
  }
}

function showUnits(face) {
  $("units").classList.toggle("idle", !face || Boolean(face.abstain));
  $("units-note").textContent = face ? (face.abstain ? `${called(face)} is ${ABSTAIN[face.abstain]}` : called(face)) : "no face";
  let [sides, changes] = [false, false];
  for (const [code, row] of Object.entries(rows)) {
    const score = face?.action_units[code];
    const sided = score?.left !== undefined && score?.right !== undefined;
    const changed = score?.change !== undefined;
    sides ||= sided;
    changes ||= changed;
    row.row.classList.toggle("on", Boolean(score?.on));
    row.row.classList.toggle("sided", sided);
    row.fill.style.transform = `scaleX(${(sided ? score.left : score?.p) ?? 0})`;
    row.right.style.transform = `scaleX(${sided ? score.right : 0})`;
    row.value.textContent = score ? percent(score.p).replace(" %", "") : "–";
    row.change.textContent = changed ? signed(score.change, 2) : "";
    row.change.classList.toggle("up", changed && score.change > 0.1);
    row.change.classList.toggle("down", changed && score.change < -0.1);
    row.rest.hidden = !changed;
    if (changed) row.rest.style.left = `${Math.min(Math.max(score.p - score.change, 0), 1) * 100}%`;
    if (sided) row.row.title = `${code} ${UNITS[code]}: left ${percent(score.left)}, right ${percent(score.right)}`;
  }
  $("sides-key").hidden = !sides;
  $("change-key").hidden = !changes;
}

let legendKey = "";
function drawTimeline(face) {
  const canvas = $("timeline");
  const [width, height] = [canvas.clientWidth, 120];
  if (!width) return;
  const context = fit(canvas, width, height);
  context.clearRect(0, 0, width, height);
  const history = state.history.get(face?.track ?? state.track) ?? [];
  const end = now();
  const at = (sample) => width * (1 - (end - sample.at) / WINDOW_MS);
  const known = history.findLast((sample) => sample.p)?.p ?? face?.expression.p ?? {};
  const kinds = Object.keys(EXPRESSIONS).filter((kind) => kind in known);
  // A stretch ends where the face was away or not to be read.
  let stretch = [];
  const paint = () => {
    const base = stretch.map(() => 0);
    for (const kind of kinds) {
      context.fillStyle = color(kind);
      context.beginPath();
      const y = (share) => height * (1 - share);
      stretch.forEach((sample, index) => context.lineTo(at(sample), y(base[index])));
      for (let index = stretch.length - 1; index >= 0; index -= 1) {
        base[index] += stretch[index].p[kind] ?? 0;
        context.lineTo(at(stretch[index]), y(base[index]));
      }
      context.fill();
    }
    stretch = [];
  };
  for (const sample of history) {
    const broken = stretch.length && sample.at - stretch.at(-1).at > 1000;
    if (!sample.p || broken) paint();
    if (sample.p) stretch.push(sample);
  }
  paint();
  context.strokeStyle = color("panel");
  context.globalAlpha = 0.5;
  for (let secs = 10; secs < 60; secs += 10) {
    const x = Math.round(width * (1 - secs / 60)) + 0.5;
    context.strokeRect(x, 0, 0, height);
  }
  context.globalAlpha = 1;
  const readable = face && !face.abstain;
  const best = readable && !face.expression.abstain ? face.expression.label : null;
  $("expression").textContent = readable ? expression(face.expression) : "";
  const key = kinds.join() + best;
  if (key === legendKey) return;
  legendKey = key;
  const entries = [...kinds].reverse().map((kind) => {
    const box = svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" });
    const tint = svg("rect", { width: 10, height: 10, rx: 3 });
    tint.style.fill = `var(--${kind})`;
    box.append(tint);
    return el("li", { className: kind === best ? "now" : "" }, box, EXPRESSIONS[kind]);
  });
  $("legend").replaceChildren(...entries);
}

// ---- the graph ----

const graph = { nodes: {}, edges: new Map(), targets: "" };
const CENTRE = [186, 186];
const CIRCLE = 150;
const NODE = 15;

function place(code) {
  const codes = Object.keys(UNITS);
  const angle = ((codes.indexOf(code) + 0.5) / codes.length) * 2 * Math.PI - Math.PI / 2;
  return [CENTRE[0] + CIRCLE * Math.cos(angle), CENTRE[1] + CIRCLE * Math.sin(angle)];
}

function makeGraph() {
  const defs = svg("defs", {});
  const marker = (id) => svg("marker", { id, viewBox: "0 0 10 10", refX: 8, refY: 5, markerWidth: 11, markerHeight: 11, markerUnits: "userSpaceOnUse", orient: "auto" });
  const more = marker("more");
  more.append(svg("path", { d: "M1 1.5 9 5 1 8.5z", class: "end-more" }));
  const less = marker("less");
  less.append(svg("path", { d: "M8 0v10", class: "end-less" }));
  defs.append(more, less);
  graph.layer = svg("g", {});
  graph.side = svg("g", {});
  graph.ring = svg("g", {});
  $("graph").append(defs, graph.layer, graph.ring, graph.side);
  for (const [code, name] of Object.entries(UNITS)) {
    graph.nodes[code] = node(graph.ring, place(code), code.slice(2), `${code} ${name}`);
  }
}

function node(parent, [x, y], text, title) {
  const group = svg("g", {});
  const level = svg("circle", { cx: x, cy: y, r: NODE, class: "level", opacity: 0 });
  group.append(svg("title", {}, title), svg("circle", { cx: x, cy: y, r: NODE, class: "node" }), level, svg("text", { x, y }, text));
  parent.append(group);
  return { group, level, at: [x, y] };
}

function light(made, p, lit) {
  made.level.setAttribute("opacity", (p * 0.45).toFixed(2));
  made.group.classList.toggle("lit", lit);
}

function showTargets(kinds) {
  const key = kinds.join();
  if (key === graph.targets) return;
  graph.targets = key;
  graph.side.replaceChildren();
  kinds.forEach((kind, index) => {
    const y = 186 + (index - (kinds.length - 1) / 2) * Math.min(42, 340 / kinds.length);
    const made = node(graph.side, [436, y], "", EXPRESSIONS[kind]);
    made.level.style.fill = `var(--${kind})`;
    made.group.append(svg("text", { x: 458, y, class: "side" }, EXPRESSIONS[kind]));
    graph.nodes[kind] = made;
  });
}

// From the rim of one node to the rim of the other, bent towards the middle of the circle.
function curve(from, to) {
  const inside = to[0] < 400;
  const bend = inside ? 0.55 : 0.25;
  const control = inside
    ? [0, 1].map((axis) => (from[axis] + to[axis]) / 2 + (CENTRE[axis] - (from[axis] + to[axis]) / 2) * bend)
    : [(from[0] + to[0]) / 2 + 20, from[1] * 0.35 + to[1] * 0.65];
  const towards = (end, other, gap) => {
    const length = Math.hypot(other[0] - end[0], other[1] - end[1]) || 1;
    return end.map((value, axis) => value + ((other[axis] - value) * gap) / length);
  };
  const points = [towards(from, control, NODE + 1), control, towards(to, control, NODE + 4)];
  const [a, b, c] = points.map((point) => point.map((value) => value.toFixed(1)).join(" "));
  return `M${a}Q${b} ${c}`;
}

let edgeText = "";
function showGraph(face) {
  const abstains = !face || Boolean(face.abstain);
  document.querySelector(".graph").classList.toggle("idle", abstains);
  const edges = face ? [...face.graphs.au_au, ...face.graphs.au_expression] : [];
  if (face) showTargets(Object.keys(EXPRESSIONS).filter((kind) => kind in face.expression.p));
  for (const [code, made] of Object.entries(graph.nodes)) {
    const score = face?.action_units[code];
    const p = score?.p ?? face?.expression.p[code] ?? 0;
    light(made, p, Boolean(score?.on) || (face?.expression.label === code && !face.expression.abstain));
  }
  const seen = new Set();
  const lines = [];
  for (const { from, to, weight, delta } of edges) {
    if (!graph.nodes[from] || !graph.nodes[to]) continue;
    const key = `${from}>${to}`;
    seen.add(key);
    let made = graph.edges.get(key);
    if (!made) {
      const path = svg("path", { d: curve(graph.nodes[from].at, graph.nodes[to].at) });
      const title = svg("title", {});
      path.append(title);
      graph.layer.append(path);
      made = { path, title };
      graph.edges.set(key, made);
    }
    const less = weight < 0;
    const strength = Math.min(Math.abs(weight), 1);
    made.path.setAttribute("class", less ? "edge less" : "edge");
    made.path.setAttribute("marker-end", less ? "url(#less)" : "url(#more)");
    made.path.style.strokeWidth = (0.8 + 4.5 * strength).toFixed(1);
    made.path.style.opacity = (0.25 + 0.75 * strength).toFixed(2);
    const differs = delta !== undefined && Math.abs(delta) >= 0.05 ? ` (${signed(delta, 2)} to the usual)` : "";
    const target = EXPRESSIONS[to] ?? to;
    const text = `${from} ${less ? "lowers" : "raises"} ${target} ${signed(weight, 2)}${differs}`;
    made.title.textContent = text;
    lines.push(text);
  }
  for (const [key, made] of graph.edges) {
    if (seen.has(key)) continue;
    made.path.remove();
    graph.edges.delete(key);
  }
  $("graph-note").textContent = face ? `${called(face)} · ${lines.length} strongest edges` : "no face";
  const text = lines.join("\n");
  if (text === edgeText || !$("edges").parentElement.open) return;
  edgeText = text;
  $("edges").replaceChildren(...lines.map((line) => el("li", { textContent: line })));
}

// ---- what people do ----

function showLogin() {
  const login = $("login");
  if (!login.open) login.showModal();
}

$("login").oncancel = (event) => event.preventDefault();
$("login-form").onsubmit = async (event) => {
  event.preventDefault();
  $("login-error").textContent = "";
  try {
    await ask("POST", "/login", { token: $("token").value });
    $("token").value = "";
    $("login").close();
    $("logout").hidden = false;
    await look();
    follow();
  } catch (error) {
    $("login-error").textContent = error.message;
  }
};
$("logout").onclick = async (event) => {
  await order(event.target, "DELETE", "/login");
  location.reload();
};
$("add").onsubmit = async (event) => {
  event.preventDefault();
  const [input, name] = ["input", "name"].map((id) => $(id).value.trim());
  const entry = { input, name, repeat: $("repeat").checked, paced: $("paced").checked };
  const before = new Set(Object.keys(state.status?.sources ?? {}));
  if (!(await order(event.submitter ?? event.target.lastElementChild, "POST", api("sources"), entry))) return;
  event.target.reset();
  choose(Object.keys(state.status.sources).find((source) => !before.has(source)));
};
$("swap").onsubmit = async (event) => {
  event.preventDefault();
  const folder = $("folder").value.trim();
  const button = event.target.querySelector("button");
  await order(button, "POST", api("bundle"), { folder }, "Checking, starting and trying the models; the old ones go on meanwhile.");
};
$("rollback").onclick = (event) => order(event.target, "POST", api("bundle", "rollback"), undefined, "Opening the bundle before.");
$("person").onsubmit = async (event) => {
  event.preventDefault();
  const name = $("person-name").value.trim() || null;
  const path = api("sources", state.source, "faces", event.target.dataset.track, "person");
  await order(event.target.querySelector("button"), "POST", path, { name });
  document.activeElement?.blur();
};
let sureTimer = 0;
$("remove").onclick = async (event) => {
  const button = event.target;
  const unsure = () => {
    button.classList.remove("sure");
    button.textContent = "Remove this source";
  };
  clearTimeout(sureTimer);
  if (!button.classList.contains("sure")) {
    button.classList.add("sure");
    button.textContent = `Remove ${state.source}? Press again`;
    sureTimer = setTimeout(unsure, 4000);
    return;
  }
  unsure();
  await order(button, "DELETE", api("sources", state.source));
};
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, dialog") || event.ctrlKey || event.altKey || event.metaKey;
  const name = Object.keys(state.status?.sources ?? {})[Number(event.key) - 1];
  if (!typing && name) choose(name);
});
window.addEventListener("resize", () => (dirty = true));

makeUnits();
makeGraph();
showTargets(Object.keys(EXPRESSIONS).slice(0, 8));
showUnits(null);
lookForEver();
lookAtPicture();
draw();
