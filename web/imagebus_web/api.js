"use strict";

/** The REST API, called with the key that this browser stores. */
const Api = (() => {
  const KEY = "imagebus.key";
  const TOKEN = "imagebus.token";
  const PATIENCE_MS = 20000;
  const base = location.pathname.endsWith("/") ? location.pathname : `${location.pathname}/`;

  class Problem extends Error {
    constructor(status, code, detail, retryAfter) {
      super(detail);
      this.status = status;
      this.code = code;
      this.retryAfter = retryAfter;
    }
  }

  const credentials = {
    exist: () => localStorage.getItem(KEY) !== null,
    keep(key, token) {
      localStorage.setItem(KEY, key);
      if (token) localStorage.setItem(TOKEN, token);
      else localStorage.removeItem(TOKEN);
    },
    forget() {
      localStorage.removeItem(KEY);
      localStorage.removeItem(TOKEN);
    },
  };

  function headers(more) {
    const all = { "x-api-key": localStorage.getItem(KEY) ?? "", ...more };
    const token = localStorage.getItem(TOKEN);
    if (token) all.Authorization = `Bearer ${token}`;
    return all;
  }

  /** The response's `body` (undefined if unchanged) and `etag`. Throws Problem; status 0 means no network. */
  async function request(path, { method = "GET", body, etag } = {}) {
    const more = {};
    const key = localStorage.getItem(KEY);
    if (body !== undefined) more["Content-Type"] = "application/json";
    if (etag) more["If-None-Match"] = etag;
    let response;
    let content;
    try {
      response = await fetch(base + path, {
        method,
        headers: headers(more),
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: "no-store",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (response.status === 304) return { body: undefined, etag };
      if ((response.headers.get("Content-Type") ?? "").includes("json")) content = await response.json();
    } catch (error) {
      // SyntaxError: the answer broke off
      if (!(error instanceof TypeError || error instanceof SyntaxError) && error.name !== "TimeoutError") throw error;
      throw new Problem(0, "offline", "The system cannot be reached.", 5);
    }
    if ([401, 403].includes(response.status) && key !== localStorage.getItem(KEY)) {
      throw new Problem(0, "old_key", "The key has changed.", 1); // what was refused is not the present one
    }
    if (!response.ok) {
      const detail = content?.detail ?? `The system responded with status ${response.status}.`;
      throw new Problem(response.status, content?.code, detail, Number(response.headers.get("Retry-After")) || 2);
    }
    if (!content) throw new Problem(0, "no_api", "Something else answered in the system's place.", 5);
    return { body: content, etag: response.headers.get("ETag") };
  }

  function list({ status, prefix, label, cursor, limit, etag }) {
    const query = new URLSearchParams({ limit, urls: "true" });
    for (const [name, value] of Object.entries({ status, prefix, label, cursor })) if (value) query.set(name, value);
    return request(`images?${query}`, { etag });
  }

  /** Keys may contain anything; `~` and base64url gives an address that no proxy can misread. */
  function address(key) {
    const binary = Array.from(new TextEncoder().encode(key), (byte) => String.fromCharCode(byte)).join("");
    return `images/~${btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
  }

  /** Delete an image; it does not matter if somebody else has. Throws Problem. */
  async function remove(key) {
    try {
      await request(address(key), { method: "DELETE" });
    } catch (problem) {
      if (problem.code !== "image_deleted") throw problem;
    }
  }

  /** Whether S3 has an object under the key. Throws Problem. */
  async function exists(key) {
    try {
      await request(address(key));
      return true;
    } catch (problem) {
      if (problem.status === 404) return false;
      throw problem;
    }
  }

  /** What is at a presigned address, as a Blob. Throws Problem. */
  async function bytes(url) {
    try {
      const response = await fetch(url);
      if (response.ok) return await response.blob();
      throw new Problem(response.status, "download", `S3 responded with status ${response.status}.`);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new Problem(0, "offline", "S3 cannot be reached.", 5);
    }
  }

  return {
    Problem,
    credentials,
    list,
    exists,
    bytes,
    remove,
    image: (key, etag) => request(`${address(key)}?urls=true`, { etag }),
    past: (key, at) => request(`${address(key)}?${new URLSearchParams({ at })}`),
    live: () => request("live"),
    variants: (key) => request(`${address(key)}/variants`),
    events: (key) => request(`${address(key)}/events`),
    retry: (key) => request(`${address(key)}/retry`, { method: "POST" }),
    tickets: (files) => request("images", { method: "POST", body: files }),
  };
})();
