// The borrower's chat page. Words come from /api/texts, messages from /api/messages and /api/events.
// Everything anybody wrote is put in as text, never as markup.

const element = (id) => document.getElementById(id);
const log = element("log"), scroller = element("scroll"), input = element("text");

const RETRY_MS = [1000, 2000, 4000, 8000, 15000];
const KEPT = "tideover-unsent", LANGUAGE = "tideover-language";

let words = {};                 // { zh: {...}, en: {...} }
let language = firstLanguage();
let chosenByHand = Boolean(stored(localStorage, LANGUAGE));
let conversationLanguage = null;
let state = { waiting: false, with: "assistant", ready: true };
let connection = "connecting";  // connecting | online | offline
let cursor = 0;
let stream = null, reopening = null, failures = 0;
let unsent = [];                // messages not yet taken by the server: { client_id, text | button | start, title }
let sending = false, sendAgain = null, sendFailures = 0;
const messages = new Map();     // id -> { data, item }

// ---- words ----

function firstLanguage() {
  return stored(localStorage, LANGUAGE) || ((navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en");
}

function say(name, values = {}) {
  const text = words[language]?.[name] ?? "";
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

function speak() {
  document.documentElement.lang = language;
  document.title = say("title");
  element("lender").textContent = say("title");
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  for (const node of document.querySelectorAll("[data-placeholder]")) node.placeholder = say(node.dataset.placeholder);
  element("language").lang = language === "zh" ? "en" : "zh";
  element("leave").title = say("leave");
  element("suggestions").replaceChildren(...["ask_amount", "ask_due", "ask_time", "ask_how"].map((name) => {
    const line = document.createElement("li");
    line.append(chip(say(name), () => write({ text: say(name) })));
    return line;
  }));
  for (const { data, item } of messages.values()) fill(item, data);
  arrange();
  showState();
}

function chip(title, press) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "chip";
  button.textContent = title;
  button.addEventListener("click", press);
  return button;
}

// ---- what is on the page ----

function show(data) {
  const known = messages.get(data.id);
  if (known) {
    known.data = { ...known.data, ...data };
    fill(known.item, known.data);
    return;
  }
  const item = document.createElement("li");
  messages.set(data.id, { data, item });
  fill(item, data);
}

function fill(item, data) {
  const mine = data.voice === "you";
  item.className = `message ${data.voice}${data.failed ? " failed" : ""}${data.kind === "start" ? " link" : ""}`;
  const bubble = document.createElement("div");
  bubble.className = "bubble";
  if (data.language) bubble.lang = data.language;
  const speaker = document.createElement("span");
  speaker.className = "unseen";
  speaker.textContent = `${say(data.voice)}: `;
  bubble.append(speaker, data.kind === "start" ? say("link_opened") : data.text);
  const parts = [bubble];
  if (data.picture) parts.push(picture(data.picture));
  if (data.file) parts.push(file(data.file));
  parts.push(about(data, mine));
  if (data.buttons?.length) parts.push(choices(data));
  item.replaceChildren(...parts);
}

function about(data, mine) {
  const line = document.createElement("div");
  line.className = "about";
  if (data.voice === "colleague" || data.voice === "reminder") line.append(say(data.voice));
  if (data.unsent) {
    const status = document.createElement("span");
    status.textContent = say(data.failed ? "not_sent" : connection === "offline" ? "waiting_to_send" : "sending");
    line.append(status);
    if (data.failed) {
      const again = document.createElement("button");
      again.type = "button";
      again.textContent = say("try_again");
      again.addEventListener("click", () => retry(data.client_id));
      line.append(again);
    }
    return line;
  }
  const time = document.createElement("time");
  time.dateTime = data.at;
  time.textContent = new Date(data.at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  line.append(time);
  return line;
}

function picture({ url, alt }) {
  const frame = document.createElement("a");
  frame.className = "plan";
  frame.href = url;
  frame.target = "_blank";
  frame.rel = "noopener";
  frame.title = say("open_picture");
  const image = document.createElement("img");
  image.src = url;
  image.alt = alt;
  image.addEventListener("load", () => follow && toEnd());
  image.addEventListener("error", () => {
    frame.classList.add("missing");
    frame.textContent = say("picture_missing");
  });
  frame.append(image);
  return frame;
}

function file({ url, title }) {
  const link = document.createElement("a");
  link.className = "file";
  link.href = url;
  link.download = "";
  link.textContent = title;
  return link;
}

function choices(data) {
  const group = document.createElement("div");
  group.className = "chips";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", say("choices"));
  group.lang = data.language;
  for (const { title, token } of data.buttons) {
    const button = chip(title, () => write({ button: token, title }));
    button.dataset.token = token;
    group.append(button);
  }
  return group;
}

// Puts messages in the order they were said, with a line for each day; choices hold until the next message of one's own.
function arrange() {
  const all = [...messages.values()].sort((one, other) => place(one.data) - place(other.data));
  const items = [];
  let day = "";
  for (const { data, item } of all) {
    const on = new Date(data.at).toLocaleDateString(language, { year: "numeric", month: "long", day: "numeric" });
    if (on !== day) items.push(dayLine(day = on, data.at));
    items.push(item);
  }
  items.forEach((item, index) => {
    if (log.children[index] !== item) log.insertBefore(item, log.children[index] ?? null);
  });
  while (log.children.length > items.length) log.lastChild.remove();
  const mine = all.map(({ data }) => data.voice).lastIndexOf("you");
  const pressed = new Set(all.map(({ data }) => data.pressed).filter(Boolean));
  all.forEach(({ data, item }, index) => {
    item.classList.toggle("joined", isJoined(data, all[index + 1]?.data));
    const answer = all.slice(index + 1).find((later) => later.data.voice === "you")?.data;
    for (const button of item.querySelectorAll(".chip")) {
      button.disabled = index < mine || state.with === "closed";
      const chosen = pressed.has(button.dataset.token) || (answer?.kind === "button" && answer.text === button.textContent);
      button.classList.toggle("chosen", chosen);
    }
  });
  for (const button of element("suggestions").querySelectorAll("button")) button.disabled = state.with === "closed";
}

// One time is enough for what was said in one breath.
function isJoined(one, next) {
  return Boolean(next) && one.voice === "assistant" && next.voice === "assistant" && one.at.slice(0, 16) === next.at.slice(0, 16);
}

function place(data) {
  return data.place ?? 1e12 + unsent.findIndex((message) => message.client_id === data.client_id);
}

function dayLine(day, at) {
  const found = [...log.children].find((line) => line.dataset.day === day);
  if (found) return found;
  const line = document.createElement("li");
  line.className = "day";
  line.dataset.day = day;
  line.textContent = new Date(at).toDateString() === new Date().toDateString() ? say("today") : day;
  return line;
}

let follow = true;

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
  follow = true;
  element("newest").hidden = true;
}

scroller.addEventListener("scroll", () => {
  follow = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 90;
  if (follow) element("newest").hidden = true;
});
new ResizeObserver(() => follow && toEnd()).observe(scroller);
element("newest").addEventListener("click", () => { toEnd(); input.focus(); });

function showState() {
  const notice = element("notice");
  const [kind, text] =
    connection === "offline" ? ["offline", say("offline")]
      : connection === "connecting" ? ["connecting", say("connecting")]
        : state.with === "closed" ? ["closed", say("closed")]
          : state.with === "person" ? ["person", say("with_person")]
            : !state.ready ? ["starting", say("starting")]
              : state.with === "asked" ? ["person", say("person_asked")] : ["", ""];
  if (notice.textContent !== text) notice.textContent = text;
  notice.dataset.kind = kind;
  notice.hidden = !text;
  const typing = (state.waiting || unsent.some((message) => !message.failed)) && connection === "online"
    && state.with !== "person" && state.with !== "closed";
  element("typing").hidden = !typing;
  element("typing-words").textContent = typing ? say("typing") : "";
  const closed = state.with === "closed";
  input.disabled = closed;
  element("send").disabled = closed || !input.value.trim();
  element("person").disabled = closed;
  for (const { data, item } of messages.values()) if (data.unsent) fill(item, data);
  if (follow) toEnd();
}

function complain(text) {
  element("problem").textContent = text;
  element("problem").hidden = !text;
}

// ---- coming in ----

function take(view) {
  let isNews = false;
  for (const message of view.messages) {
    if (message.client_id && messages.has(message.client_id)) {
      const { data, item } = messages.get(message.client_id);
      messages.delete(message.client_id);
      messages.set(message.id, { data: { ...message, pressed: data.pressed, text: message.text || data.text }, item });
      fill(item, messages.get(message.id).data);
      forget(message.client_id);
    } else if (message.voice !== "you" || message.text || message.kind === "start") {
      isNews ||= message.voice !== "you" && !messages.has(message.id);
      show(message);
    }
  }
  cursor = Math.max(cursor, view.cursor);
  state = { waiting: view.waiting, with: view.with, ready: view.ready };
  const changed = view.language && view.language !== conversationLanguage;
  if (changed) {
    const isFirst = conversationLanguage === null;
    conversationLanguage = view.language;
    if (view.language !== language && !(isFirst && chosenByHand)) {
      setLanguage(view.language, false);
      return;
    }
  }
  arrange();
  showState();
  if (isNews && !follow) element("newest").hidden = false;
}

async function load() {
  if (!words[language]) {
    words = await fetchJson("/api/texts");
    element("chat").hidden = false;
    restore();
    speak();
    input.focus({ preventScroll: true });
  }
  take(await fetchJson(`/api/messages?after=${cursor}`));
}

async function fetchJson(url) {
  const response = await fetch(url, { credentials: "same-origin" });
  if (response.status === 401) return location.reload();
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

async function connect() {
  clearTimeout(reopening);
  stream?.close();
  if (connection !== "offline") setConnection("connecting");
  try {
    await load();
  } catch {
    return later();
  }
  stream = new EventSource(`/api/events?after=${cursor}`);
  stream.onopen = () => {
    failures = 0;
    setConnection("online");
    flush();
  };
  stream.onmessage = (event) => take(JSON.parse(event.data));
  stream.onerror = () => later();
}

function later() {
  stream?.close();
  setConnection(navigator.onLine === false || failures > 0 ? "offline" : "connecting");
  clearTimeout(reopening);
  reopening = setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
}

function setConnection(now) {
  if (connection === now) return;
  connection = now;
  if (words[language]) showState();
}

addEventListener("online", () => { failures = 0; connect(); });
addEventListener("offline", () => { stream?.close(); clearTimeout(reopening); setConnection("offline"); });
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && stream?.readyState !== EventSource.OPEN) connect();
});

// ---- going out ----

function write(message) {
  complain("");
  const kept = { client_id: newId(), at: new Date().toISOString(), language, ...message };
  unsent.push(kept);
  keep();
  showUnsent(kept);
  follow = true;
  arrange();
  showState();
  flush();
}

function showUnsent(message) {
  const kind = message.start !== undefined ? "start" : message.button !== undefined ? "button" : "text";
  show({
    id: message.client_id, client_id: message.client_id, voice: "you", kind, unsent: true, failed: message.failed,
    text: message.text ?? message.title ?? "", at: message.at, pressed: message.button,
  });
}

// Sends what is kept, one after the other. The server knows each by its client_id, so sending again changes nothing.
async function flush() {
  clearTimeout(sendAgain);
  if (sending) return;
  sending = true;
  try {
    for (let next; (next = unsent.find((message) => !message.failed && !message.taken));) {
      const wait = await send(next);
      if (wait) {
        sendAgain = setTimeout(flush, wait);
        return;
      }
    }
  } finally {
    sending = false;
    showState();
  }
}

// Sends one message and returns how many milliseconds to wait before trying again: 0 when it is settled.
async function send(message) {
  const body = { client_id: message.client_id, language: message.language };
  for (const key of ["text", "button", "start"]) if (message[key] !== undefined) body[key] = message[key];
  let response;
  try {
    response = await fetch("/api/messages", {
      method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    if (connection === "online") later();
    return RETRY_MS[Math.min(sendFailures++, RETRY_MS.length - 1)];
  }
  if (response.ok) {
    sendFailures = 0;
    message.taken = true;
    complain("");
    if (!messages.has(message.client_id)) forget(message.client_id);
    return 0;
  }
  const trouble = await response.json().catch(() => ({}));
  complain(trouble[language] ?? say("not_stored"));
  if (response.status === 429 || response.status >= 500) {
    const asked = 1000 * Number(response.headers.get("Retry-After") ?? 0);
    return Math.max(asked, RETRY_MS[Math.min(sendFailures++, RETRY_MS.length - 1)]);
  }
  message.failed = true;
  show({ id: message.client_id, failed: true });
  keep();
  return 0;
}

function retry(clientId) {
  const message = unsent.find((kept) => kept.client_id === clientId);
  if (!message) return;
  message.failed = false;
  show({ id: clientId, failed: false });
  complain("");
  keep();
  flush();
}

function forget(clientId) {
  unsent = unsent.filter((message) => message.client_id !== clientId);
  keep();
}

function keep() {
  store(sessionStorage, KEPT, JSON.stringify(unsent));
}

function restore() {
  try {
    unsent = JSON.parse(stored(sessionStorage, KEPT) ?? "[]");
  } catch {
    unsent = [];
  }
  for (const message of unsent) message.taken = false;
  const token = new URLSearchParams(location.search).get("token");
  if (token) {
    if (!unsent.some((message) => message.start === token)) {
      unsent.push({ client_id: newId(), at: new Date().toISOString(), language, start: token });
      keep();
    }
  }
  if (location.search || location.pathname !== "/") history.replaceState(null, "", "/");
  unsent.forEach(showUnsent);
}

// crypto.randomUUID exists only on https and on this machine; the page must also work inside a lender's own network.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function stored(storage, key) {
  try { return storage.getItem(key); } catch { return null; }
}

function store(storage, key, value) {
  try { storage.setItem(key, value); } catch { /* private browsing: it is kept in memory only */ }
}

// ---- hands ----

function setLanguage(wanted, byHand) {
  language = wanted;
  if (byHand) {
    chosenByHand = true;
    store(localStorage, LANGUAGE, wanted);
  }
  for (const line of log.querySelectorAll(".day")) line.remove();
  speak();
}

const LIMIT = 10000;

function submit() {
  const text = input.value;
  if (!text.trim()) return;
  const length = [...text].length;
  if (length > LIMIT) {
    complain(say("too_long", { limit: LIMIT.toLocaleString("en"), length: length.toLocaleString("en") }));
    return;
  }
  input.value = "";
  write({ text });
  input.focus();
}

element("write").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
    event.preventDefault();
    submit();
  }
});
input.addEventListener("input", () => { complain(""); element("send").disabled = !input.value.trim(); });
element("person").addEventListener("click", () => write({ text: say("ask_person") }));
element("language").addEventListener("click", () => setLanguage(language === "zh" ? "en" : "zh", true));
element("leave").addEventListener("click", () => element("leaving").showModal());
element("leaving").addEventListener("close", async () => {
  if (element("leaving").returnValue !== "yes") return;
  try {
    const response = await fetch("/api/leave", { method: "POST", credentials: "same-origin" });
    if (!response.ok) throw new Error(String(response.status));
    stream?.close();
    sessionStorage.clear();
    localStorage.removeItem(LANGUAGE);
    location.replace("/");
  } catch {
    complain(say("not_stored"));
  }
});

connect();
