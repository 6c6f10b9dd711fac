"use strict";

/**
 * The upload queue. A form is asked for just before its file is sent, because it expires after five minutes. A few
 * files are sent at once; a lost connection is tried again; what is not sent yet is kept in the browser, so that it
 * survives a reload. `start` takes a listener, which hears every change of an upload.
 */
const Queue = (() => {
  const PARALLEL = 3;
  const ATTEMPTS = 8;
  /** Milliseconds without progress after which a connection counts as lost. */
  const STALLED_MS = 60000;
  const LONGEST_WAIT_MS = 30000;
  const OVER = new Set(["done", "failed", "cancelled"]);

  const uploads = [];
  let parallel = PARALLEL;
  let paused = false;
  let refused = false; // the API key, until there is another one
  let listener = () => {};
  let next = 1;

  /** `state`: waiting, sending, retrying, done, failed or cancelled. `sent` is in bytes. */
  class Upload {
    constructor(file, type, id) {
      Object.assign(this, { file, type, id, name: file.name, size: file.size });
      this.turn = 0; // of sending: paused and resumed, an earlier one may still wait for an answer
      this.reset();
    }

    reset() {
      Object.assign(this, { state: "waiting", sent: 0, attempts: 0, expired: 0, problem: "", due: 0 });
    }

    become(state, problem = "") {
      this.state = state;
      this.problem = problem;
      if (OVER.has(state) && state !== "failed") Kept.remove(this.id);
      listener(this);
    }
  }

  function post(ticket, upload) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      let timer;
      const alive = () => {
        clearTimeout(timer);
        timer = setTimeout(() => request.abort(), STALLED_MS);
      };
      const end = (status) => {
        clearTimeout(timer);
        upload.request = null;
        resolve(status);
      };
      request.upload.addEventListener("progress", (event) => {
        alive();
        upload.sent = Math.min(event.loaded, upload.size);
        listener(upload);
      });
      request.addEventListener("load", () => end(request.status));
      request.addEventListener("error", () => end(0));
      request.addEventListener("abort", () => end(0));
      const form = new FormData();
      for (const [name, value] of Object.entries(ticket.fields)) form.append(name, value);
      form.append("file", upload.file);
      request.open("POST", ticket.url);
      upload.request = request;
      alive();
      request.send(form);
    });
  }

  /** Whether the file is still what was chosen; if it was changed, moved or deleted, browsers do not read it. */
  const readable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

  /** A form for the file, noted unless it is `stopped()` by then. Throws Api.Problem. */
  async function ticketFor(upload, stopped) {
    const wanted = { filename: upload.name.slice(-255), content_type: upload.type, size: upload.size };
    const { body } = await Api.tickets(wanted);
    if (!stopped()) {
      upload.key = body.key;
      Kept.note(upload.id, body.key);
    }
    return body;
  }

  async function send(upload) {
    upload.turn += 1;
    const { turn } = upload;
    const stopped = () => upload.state !== "sending" || upload.turn !== turn; // cancelled, or paused meanwhile
    upload.sent = 0;
    upload.become("sending");
    let status;
    try {
      // It was being sent when the page was closed: perhaps S3 had stored it already.
      const already = upload.key && (await Api.exists(upload.key));
      if (stopped()) return undefined;
      if (already) return stored(upload);
      const ticket = await ticketFor(upload, stopped);
      if (stopped()) return undefined;
      status = await post(ticket, upload);
    } catch (problem) {
      if (!(problem instanceof Api.Problem)) throw problem;
      if (stopped()) return undefined;
      if ([400, 409, 413, 415].includes(problem.status)) return upload.become("failed", problem.message);
      if ([401, 403].includes(problem.status)) {
        refused = true;
        App.disconnected(problem);
        return upload.become("waiting");
      }
      return again(upload, problem.message, problem.retryAfter * 1000);
    }
    if (stopped()) return undefined;
    if (status >= 200 && status < 300) return stored(upload);
    if (status === 403) return renewed(upload);
    if (status === 0 && !(await readable(upload.file))) {
      if (!stopped()) upload.become("failed", "the file was changed, moved or deleted");
      return undefined;
    }
    if (stopped()) return undefined;
    if (status === 0 || status >= 500) return again(upload, status ? "S3 is busy" : "the connection was lost");
    return upload.become("failed", `S3 refused the upload (${status})`);
  }

  function stored(upload) {
    upload.sent = upload.size;
    upload.become("done");
    Changes.expect();
  }

  /** The form expired while the file was sent, because the connection is slow: fewer at once are faster. */
  function renewed(upload) {
    upload.expired += 1;
    parallel = 1;
    if (upload.expired >= 3) return upload.become("failed", "the connection is too slow for this file");
    return upload.become("waiting");
  }

  function again(upload, problem, atLeast = 0) {
    upload.attempts += 1;
    if (upload.attempts >= ATTEMPTS) return upload.become("failed", problem);
    const wait = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (upload.attempts - 1));
    upload.due = Date.now() + Math.max(wait, Math.min(atLeast, LONGEST_WAIT_MS));
    setTimeout(work, upload.due - Date.now() + 5);
    return upload.become("retrying", problem);
  }

  const ready = (upload) => upload.state === "waiting" || (upload.state === "retrying" && upload.due <= Date.now());

  const lacksKey = () => refused || !Api.credentials.exist();

  /** Sends what is due, as far as there is room. */
  function work() {
    if (paused || lacksKey() || !navigator.onLine) return;
    const busy = uploads.filter((each) => each.state === "sending").length;
    for (const upload of uploads.filter(ready).slice(0, Math.max(0, parallel - busy))) {
      send(upload)
        .catch((error) => {
          upload.become("failed", error.message);
          throw error;
        })
        .finally(work);
    }
  }

  function add(file, type) {
    const upload = new Upload(file, type, `${Date.now()}-${Kept.me}-${next}`);
    next += 1;
    uploads.push(upload);
    Kept.add(upload);
    listener(upload);
    work();
    return upload;
  }

  function stop(upload, state) {
    const { request } = upload;
    upload.become(state);
    request?.abort();
  }

  function cancel(upload) {
    uploads.splice(uploads.indexOf(upload), 1);
    stop(upload, "cancelled");
    work();
  }

  /** Cancel all that is not over. */
  function cancelAll() {
    const open = uploads.filter((each) => !OVER.has(each.state));
    uploads.splice(0, Infinity, ...uploads.filter((each) => OVER.has(each.state)));
    for (const upload of open) stop(upload, "cancelled");
  }

  /** There is an API key that has not been refused yet. */
  function resume() {
    refused = false;
    for (const upload of uploads) listener(upload);
    work();
  }

  function retry(upload) {
    upload.reset();
    listener(upload);
    work();
  }

  function pause(value) {
    paused = value;
    if (paused) for (const upload of uploads.filter((each) => each.state === "sending")) stop(upload, "waiting");
    for (const upload of uploads) listener(upload);
    work();
  }

  /** Forget what is over; returns it. */
  function clear() {
    const over = uploads.filter((each) => OVER.has(each.state));
    for (const upload of over) {
      Kept.remove(upload.id);
      uploads.splice(uploads.indexOf(upload), 1);
    }
    return over;
  }

  /** Calls `heard` with an upload at each change, and takes up what earlier visits and other tabs have left. */
  async function start(heard) {
    listener = heard;
    addEventListener("online", () => {
      for (const upload of uploads) upload.due = 0;
      work();
    });
    addEventListener("offline", () => uploads.forEach(listener));
    await Kept.inherit((found) => {
      for (const { id, file, type, key } of found) {
        const upload = new Upload(file, type, id);
        upload.key = key;
        uploads.push(upload);
        listener(upload);
      }
      work();
    });
  }

  return { start, add, cancel, cancelAll, retry, pause, clear, resume, lacksKey, all: () => uploads, isPaused: () => paused };
})();
