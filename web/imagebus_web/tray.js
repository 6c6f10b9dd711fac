"use strict";

/** The upload tray: choosing, dropping and refusing files, and a row for each upload. */
const Tray = (() => {
  const { el, byId, bytes, announce } = Dom;
  const TYPES = {
    jpg: "image/jpeg",
    jpeg: "image/jpeg",
    png: "image/png",
    webp: "image/webp",
    gif: "image/gif",
    avif: "image/avif",
    heic: "image/heic",
    heif: "image/heif",
    tif: "image/tiff",
    tiff: "image/tiff",
    jxl: "image/jxl",
  };
  const limits = {
    bytes: Number(document.documentElement.dataset.maxBytes ?? Infinity),
    types: (document.documentElement.dataset.types ?? "").split(" ").filter(Boolean),
  };
  const rows = new Map();
  let skipped = [];
  let wasQuiet = true;
  let due; // the summary

  const typeOf = (file) =>
    Object.values(TYPES).includes(file.type) ? file.type : TYPES[file.name.split(".").pop().toLowerCase()];

  /** Why the file would be refused; empty if it would not. */
  function refusal(file) {
    const type = typeOf(file);
    if (!type || (limits.types.length && !limits.types.includes(type))) return "not an accepted image type";
    if (file.size === 0) return "the file is empty";
    if (file.size > limits.bytes) return `larger than ${bytes(limits.bytes)}`;
    return "";
  }

  class Row {
    constructor(upload) {
      this.bar = el("progress", { max: 100, value: 0, "aria-label": `Upload of ${upload.name}` });
      this.state = el("span", { class: "state" });
      this.retry = el("button", { type: "button", onclick: () => Queue.retry(upload) }, "Retry");
      this.cancel = el("button", { type: "button", class: "icon", "aria-label": `Cancel ${upload.name}`, onclick: () => Queue.cancel(upload) }, "×");
      this.node = el("li", {}, el("span", { class: "name" }, upload.name), this.bar, this.state, this.retry, this.cancel);
    }

    show(upload) {
      this.bar.value = upload.size ? (100 * upload.sent) / upload.size : 0;
      this.bar.hidden = !["sending", "retrying"].includes(upload.state);
      this.state.textContent = words(upload);
      this.state.className = upload.state === "failed" ? "state status failed" : "state";
      this.retry.hidden = upload.state !== "failed";
      this.cancel.hidden = upload.state === "done";
    }
  }

  function words({ state, problem }) {
    if (state === "done") return "uploaded";
    if (state === "failed") return problem;
    if (!navigator.onLine) return "waiting for the network";
    if (state === "waiting" && Queue.lacksKey()) return "waiting for an API key";
    if (state === "retrying") return `${problem}; trying again`;
    if (state === "waiting") return Queue.isPaused() ? "paused" : "waiting";
    return "uploading";
  }

  function heard(upload) {
    let row = rows.get(upload);
    if (upload.state === "cancelled") {
      row?.node.remove();
      rows.delete(upload);
    } else {
      if (!row) {
        row = new Row(upload);
        rows.set(upload, row);
        byId("uploads").append(row.node);
      }
      row.show(upload);
      if (upload.state === "failed" && row.said !== "failed") announce(`${upload.name}: ${upload.problem}`);
      row.said = upload.state;
    }
    summarize();
  }

  /** Once for many changes: it looks at every upload, and there may be thousands. */
  function summarize() {
    due ??= setTimeout(() => {
      due = undefined;
      count();
    });
  }

  function count() {
    const all = Queue.all();
    const number = (state) => all.filter((each) => each.state === state).length;
    const [done, failed] = [number("done"), number("failed")];
    const text = all.length
      ? `${done} of ${all.length} uploaded${failed ? `, ${failed} failed` : ""}${Queue.isPaused() ? ", paused" : ""}`
      : "Nothing to upload";
    if (byId("tray-title").textContent !== text) byId("tray-title").textContent = text;
    byId("skipped").hidden = !skipped.length;
    byId("skipped").textContent = skipped.length ? `${skipped.length} skipped: ${skipped.join(", ")}` : "";
    byId("tray").hidden = !all.length && !skipped.length;
    const open = all.length - done - failed;
    byId("pause").hidden = !open;
    byId("pause").textContent = Queue.isPaused() ? "Resume" : "Pause";
    byId("cancel-all").hidden = open < 2;
    byId("clear").hidden = !done && !failed && !skipped.length;
    if (all.length && !open && done === all.length) announce(`${done} uploaded`);
    // Folded when there is nothing to see, unfolded when there is; in between it is the user's.
    const quiet = !open && !failed && !skipped.length;
    if (quiet !== wasQuiet) fold(quiet);
    wasQuiet = quiet;
  }

  function fold(folded) {
    byId("tray").classList.toggle("folded", folded);
    byId("fold").setAttribute("aria-expanded", String(!folded));
    byId("fold").textContent = folded ? "Show" : "Hide";
  }

  function add(files) {
    for (const file of files) {
      const why = refusal(file);
      if (why) skipped.push(`${file.name} (${why})`);
      else Queue.add(file, typeOf(file));
    }
    if (skipped.length) announce(`${skipped.length} skipped`);
    summarize();
  }

  function clear() {
    skipped = [];
    for (const upload of Queue.clear()) {
      rows.get(upload)?.node.remove();
      rows.delete(upload);
    }
    summarize();
  }

  /** The files of what was dropped, folders included. */
  async function filesOf(transfer) {
    const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.some((entry) => entry.isDirectory)) return Array.from(transfer.files);
    const found = [];
    // What cannot be read costs the others nothing.
    const readable = (entry) =>
      read(entry).catch((error) => {
        if (!(error instanceof DOMException)) throw error;
        skipped.push(`${entry.name} (cannot be read)`);
      });
    const read = async (entry) => {
      if (entry.isFile) found.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
      if (!entry.isDirectory) return;
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // at most 100
        if (!some.length) return;
        for (const each of some) await readable(each);
      }
    };
    for (const entry of entries) await readable(entry);
    return found;
  }

  function start() {
    for (const id of ["files", "folder"]) {
      byId(id).addEventListener("change", (event) => {
        add(Array.from(event.target.files));
        event.target.value = "";
      });
    }
    byId("pause").addEventListener("click", () => Queue.pause(!Queue.isPaused()));
    byId("cancel-all").addEventListener("click", Queue.cancelAll);
    byId("clear").addEventListener("click", clear);
    byId("fold").addEventListener("click", () => fold(!byId("tray").classList.contains("folded")));
    // A picture of this page that is dragged counts as a file, too. No pointer moves while something is dragged.
    let ours = false;
    document.addEventListener("dragstart", () => (ours = true));
    for (const name of ["dragend", "pointermove"]) document.addEventListener(name, () => (ours = false));
    const isFiles = (event) => !ours && event.dataTransfer?.types.includes("Files");
    for (const name of ["dragenter", "dragover"]) {
      document.addEventListener(name, (event) => {
        if (!isFiles(event)) return;
        event.preventDefault();
        byId("drop").classList.add("over");
      });
    }
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) byId("drop").classList.remove("over");
    });
    document.addEventListener("drop", async (event) => {
      if (!isFiles(event)) return;
      event.preventDefault();
      byId("drop").classList.remove("over");
      add(await filesOf(event.dataTransfer));
    });
    addEventListener("beforeunload", (event) => {
      if (Queue.all().some((each) => each.state === "sending")) event.preventDefault();
    });
    Queue.start(heard);
  }

  return { start };
})();
