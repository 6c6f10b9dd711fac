"use strict";

/** Builds elements without HTML strings, so text from the API never becomes markup. */
const Dom = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return node;
  }

  const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
  const byId = (id) => document.getElementById(id);

  function announce(text) {
    byId("announcement").textContent = text;
  }

  /** 13578 -> "13.6 kB" */
  function bytes(count) {
    if (count === undefined) return "";
    const units = ["B", "kB", "MB", "GB"];
    let unit = 0;
    let value = count;
    while (value >= 1000 && unit < units.length - 1) {
      value /= 1000;
      unit += 1;
    }
    return `${unit && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
  }

  /** 4159 -> "4.16 s" */
  function duration(ms) {
    return Math.abs(ms) < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(2)} s`;
  }

  /** Copies text; returns what to say about it. */
  async function copy(text) {
    try {
      if (!navigator.clipboard) return "Browsers allow copying on secure pages only";
      await navigator.clipboard.writeText(text);
      return "Copied";
    } catch (error) {
      return error.message;
    }
  }

  const fileName = (key) => key.split("/").pop() || key;
  const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  return { el, svg, byId, announce, copy, bytes, duration, fileName, sentence };
})();
