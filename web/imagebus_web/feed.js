"use strict";

/**
 * The images of the gallery: pages of the list, merged by key. The first page is asked for again and again; what it
 * pushes out stays, and what is missing from the part that it covers is gone.
 */
const Feed = (() => {
  const PAGE = 48;
  /** So many pages of news are fetched to close a gap; after more, the gallery starts over. */
  const GAP = 10;

  let query = {}; // status, prefix, label
  let records = new Map(); // key -> { item }
  let cursor; // of the next older page
  let etag = null;
  let turn = 0; // of the query: an answer to an earlier one is ignored
  let asked = 0; // for the newest images: of two answers the later question's counts
  let answered = 0;
  let loading = null;
  let listener = () => {};

  const newestFirst = (a, b) => (a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : 0);
  const items = () => Array.from(records.values(), (each) => each.item).sort(newestFirst);
  const changed = () => listener();

  const deleted = new Map(); // key -> `created_at` of what was deleted here

  /** Lists are a moment behind: what is known to be newer stays, and what was deleted does not come back. */
  function put(found) {
    for (const item of found) {
      if (item.status !== "deleted" && item.created_at <= deleted.get(item.key)) continue;
      const known = records.get(item.key)?.item;
      if (!known || known.updated_at <= item.updated_at) records.set(item.key, { item });
    }
  }

  /** Drop what lies within the pages but is not in them: erased, or of another status by now. */
  function drop(pages, last) {
    const present = new Set(pages.map((item) => item.key));
    const oldest = pages.at(-1)?.created_at ?? "";
    for (const [key, { item }] of records) {
      if (!present.has(key) && (last || item.created_at > oldest)) records.delete(key);
    }
  }

  /** Ask for the newest images. Throws Api.Problem. */
  async function refresh() {
    const mine = turn;
    const question = (asked += 1);
    const { body, etag: tag } = await Api.list({ ...query, limit: PAGE, etag });
    if (mine !== turn || !body || question < answered) return;
    answered = question;
    const fresh = records.size === 0;
    const pages = [...body.items];
    let end = body.cursor;
    for (let more = 0; !fresh && end && !pages.some(({ key }) => records.has(key)); more += 1) {
      if (more === GAP) {
        records = new Map();
        break;
      }
      const { body: next } = await Api.list({ ...query, limit: PAGE, cursor: end });
      if (mine !== turn) return;
      pages.push(...next.items);
      end = next.cursor;
    }
    if (records.size === 0 && (pages.length || etag === null)) cursor = end; // or older pages are empty, too
    if (!end) cursor = undefined;
    if (pages.length || !end) drop(pages, !end);
    put(pages);
    etag = tag;
    changed();
  }

  /** The next older page, if there is one. Throws Api.Problem. */
  async function more() {
    if (!cursor || loading) return loading;
    const mine = turn;
    loading = (async () => {
      try {
        const { body } = await Api.list({ ...query, limit: PAGE, cursor });
        if (mine !== turn) return;
        cursor = body.cursor;
        for (const item of body.items) if (!records.has(item.key)) put([item]);
        changed();
      } finally {
        loading = null;
      }
    })();
    return loading;
  }

  /** Ask for one image again: its state may have changed, or its addresses expired. Throws Api.Problem. */
  async function renew(key) {
    const mine = turn;
    try {
      const { body } = await Api.image(key);
      if (mine === turn && records.has(key)) put([body]);
    } catch (problem) {
      if (!(problem instanceof Api.Problem) || problem.status !== 404) throw problem;
      if (mine === turn) records.delete(key);
    }
    if (mine === turn) changed();
  }

  /** Show something else. */
  function choose(wanted) {
    query = wanted;
    turn += 1;
    records = new Map();
    cursor = undefined;
    etag = null;
    loading = null;
    changed();
  }

  /** It was deleted. */
  function forget(key) {
    deleted.set(key, records.get(key)?.item.created_at);
    records.delete(key);
    etag = null;
    changed();
  }

  function listen(heard) {
    listener = heard;
  }

  return {
    PAGE, items, refresh, more, renew, choose, forget, listen,
    record: (key) => records.get(key),
    hasMore: () => Boolean(cursor),
    isFresh: () => etag === null,
  };
})();
