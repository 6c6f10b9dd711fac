"use strict";

/** Uploads files to S3 with presigned forms, three at a time, and shows their progress. */
const Uploads = (() => {
  const { el, byId, announce } = Dom;
  const PARALLEL = 3;
  const BATCH = 100;
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

  const typeOf = (file) =>
    Object.values(TYPES).includes(file.type) ? file.type : TYPES[file.name.split(".").pop().toLowerCase()];

  class Row {
    constructor(file) {
      this.file = file;
      this.progress = el("progress", { max: 100, value: 0, "aria-label": `Upload of ${file.name}` });
      this.state = el("span", { class: "state" }, "waiting");
      this.node = el("li", {}, el("span", { class: "name" }, file.name), this.progress, this.state);
      byId("uploads").prepend(this.node);
    }

    show(percent, text) {
      this.progress.value = percent;
      this.state.textContent = text;
    }

    fail(text) {
      this.progress.remove();
      this.state.textContent = text;
      this.state.classList.add("status", "failed");
      announce(`${this.file.name}: ${text}`);
    }

    done() {
      this.show(100, "uploaded");
      announce(`${this.file.name} was uploaded`);
      setTimeout(() => this.node.remove(), 4000);
    }
  }

  function send(ticket, row) {
    return new Promise((resolve) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(ticket.fields)) form.append(name, value);
      form.append("file", row.file);
      const request = new XMLHttpRequest();
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) row.show((event.loaded / event.total) * 100, "uploading");
      });
      request.addEventListener("load", () => {
        const stored = request.status >= 200 && request.status < 300;
        if (stored) row.done();
        else row.fail("S3 refused the upload");
        resolve(stored);
      });
      request.addEventListener("error", () => {
        row.fail("the connection was lost");
        resolve(false);
      });
      request.open("POST", ticket.url);
      request.send(form);
    });
  }

  async function inTurn(jobs) {
    const worker = async () => {
      for (let job = jobs.shift(); job; job = jobs.shift()) await job();
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
  }

  /** Uploads every file that may be an image; calls `stored` after each one that S3 has stored. */
  async function start(files, stored) {
    const rows = Array.from(files, (file) => new Row(file));
    const usable = rows.filter((row) => {
      if (row.file.size === 0) row.fail("the file is empty");
      else if (!typeOf(row.file)) row.fail("not an accepted image type");
      else return true;
      return false;
    });
    for (let at = 0; at < usable.length; at += BATCH) {
      const batch = usable.slice(at, at + BATCH);
      let tickets;
      try {
        const wanted = batch.map(({ file }) => ({
          filename: file.name.slice(-255),
          content_type: typeOf(file),
          size: file.size,
        }));
        tickets = (await Api.tickets(wanted)).body;
      } catch (problem) {
        if (!(problem instanceof Api.Problem)) throw problem;
        for (const row of batch) row.fail(problem.message);
        continue;
      }
      await inTurn(
        batch.map((row, index) => async () => {
          if (tickets[index].error) row.fail(tickets[index].error.detail);
          else if (await send(tickets[index], row)) stored(tickets[index].key);
        }),
      );
    }
  }

  function listen(stored) {
    const drop = byId("drop");
    const input = byId("files");
    input.addEventListener("change", () => {
      start(input.files, stored);
      input.value = "";
    });
    const isFiles = (event) => event.dataTransfer?.types.includes("Files");
    for (const name of ["dragenter", "dragover"]) {
      document.addEventListener(name, (event) => {
        if (!isFiles(event)) return;
        event.preventDefault();
        drop.classList.add("over");
      });
    }
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) drop.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      if (!isFiles(event)) return;
      event.preventDefault();
      drop.classList.remove("over");
      start(event.dataTransfer.files, stored);
    });
  }

  return { listen };
})();
