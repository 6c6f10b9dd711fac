"use strict";

/**
 * Files that are not uploaded yet, in IndexedDB, so that a reload loses nothing. One tab takes them up: it holds a
 * lock as long as it is open. Without IndexedDB (private windows) or room, uploads work, but end with the page.
 */
const Kept = (() => {
  const STORE = "uploads";
  let opened;

  function open() {
    opened ??= new Promise((resolve) => {
      let request;
      try {
        request = indexedDB.open("imagebus", 1);
      } catch {
        resolve(null);
        return;
      }
      request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE, { keyPath: "id" }));
      request.addEventListener("success", () => resolve(request.result));
      request.addEventListener("error", () => resolve(null));
    });
    return opened;
  }

  /** The result of one request; undefined if the browser refuses. */
  async function run(mode, work) {
    const database = await open();
    if (!database) return undefined;
    return new Promise((resolve) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.addEventListener("complete", () => resolve(request.result));
      transaction.addEventListener("abort", () => resolve(undefined));
      transaction.addEventListener("error", (event) => event.preventDefault());
    });
  }

  const add = ({ id, file, type }) => run("readwrite", (store) => store.put({ id, file, type }));
  const remove = (id) => run("readwrite", (store) => store.delete(id));

  /** Remember the key that a file is being sent to. */
  async function note(id, key) {
    const found = await run("readonly", (store) => store.get(id));
    if (found) await run("readwrite", (store) => store.put({ ...found, key }));
  }

  /** What an earlier visit left; nothing while another tab is open, which is sending it. */
  async function all() {
    if (navigator.locks) {
      const mine = await new Promise((resolve) => {
        navigator.locks.request("imagebus.uploads", { ifAvailable: true }, (lock) => {
          resolve(lock !== null);
          return lock ? new Promise(() => {}) : undefined;
        });
      });
      if (!mine) return [];
    }
    return (await run("readonly", (store) => store.getAll())) ?? [];
  }

  return { add, remove, note, all };
})();
