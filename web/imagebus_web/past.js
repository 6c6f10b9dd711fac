"use strict";

/** A slider over the events of an image: what was known of it when each of them occurred. */
const Past = (() => {
  const { el, duration, sentence } = Dom;
  let chosen = null; // { key, id }: kept while the events are drawn again

  function summary(image, event) {
    const parts = [` after ${event.type}, at ${duration(event.offset_ms)}`];
    if (image.outstanding.length) parts.push(`outstanding: ${image.outstanding.join(", ")}`);
    if (image.thumbnails.length) parts.push(`${image.thumbnails.length} thumbnails`);
    return [el("span", { class: `status ${image.status}` }, sentence(image.status)), parts.join("; ")];
  }

  /** The slider for a drawn timeline. Arrow keys move it by one event; at its end it shows the present. */
  function slider(key, events, chart) {
    const rows = [...chart.querySelectorAll("g")];
    const last = events.length - 1;
    const index = chosen?.key === key ? events.findIndex((event) => event.event_id === chosen.id) : -1;
    const answers = new Map();
    const state = el("p", { class: "facts", id: "past-state", role: "status" });
    const input = el("input", { type: "range", id: "past", min: 0, max: last, value: index < 0 ? last : index });

    async function show() {
      const at = Number(input.value);
      const event = events[at];
      chosen = at === last ? null : { key, id: event.event_id };
      input.setAttribute("aria-valuetext", at === last ? "Now" : `After ${event.type}, at ${duration(event.offset_ms)}`);
      rows.forEach((row, number) => row.classList.toggle("later", number > at));
      if (at === last) {
        state.replaceChildren("As it is now");
        return;
      }
      if (!answers.has(at)) answers.set(at, Api.past(key, event.occurred_at));
      try {
        const { body } = await answers.get(at);
        if (Number(input.value) === at) state.replaceChildren(...summary(body, event));
      } catch (problem) {
        if (!(problem instanceof Api.Problem)) throw problem;
        answers.delete(at);
        if (Number(input.value) === at) state.replaceChildren(problem.message);
      }
    }

    input.addEventListener("input", show);
    show();
    return el("div", { class: "past" }, el("label", { for: "past" }, "Look back"), input, state);
  }

  return { slider };
})();
