"use strict";

/** Paints an image's 25-byte placeholder (https://evanw.github.io/thumbhash/, the decoder). */
const ThumbHash = (() => {
  const SIDE = 32;

  function read(base64) {
    const hash = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const first = hash[0] | (hash[1] << 8) | (hash[2] << 16);
    const second = hash[3] | (hash[4] << 8);
    const hasAlpha = first >> 23 === 1;
    const isLandscape = second >> 15 === 1;
    const long = hasAlpha ? 5 : 7;
    const short = Math.max(3, second & 7);
    const lx = isLandscape ? long : short;
    const ly = isLandscape ? short : long;
    let nibble = hasAlpha ? 12 : 10;

    // The cosine terms of one channel: a triangle of frequencies, four bits each.
    function channel(dc, scale, nx, ny) {
      const terms = [];
      for (let cy = 0; cy < ny; cy += 1) {
        for (let cx = cy ? 0 : 1; cx * ny < nx * (ny - cy); cx += 1) {
          const value = (hash[nibble >> 1] >> ((nibble & 1) * 4)) & 15;
          nibble += 1;
          terms.push({ cx, cy, weight: (value / 7.5 - 1) * scale * 2 });
        }
      }
      return { dc, terms };
    }

    const luminance = channel((first & 63) / 63, ((first >> 18) & 31) / 31, lx, ly);
    const yellow = channel(((first >> 6) & 63) / 31.5 - 1, (((second >> 3) & 63) / 63) * 1.25, 3, 3);
    const red = channel(((first >> 12) & 63) / 31.5 - 1, (((second >> 9) & 63) / 63) * 1.25, 3, 3);
    const alpha = hasAlpha ? channel((hash[5] & 15) / 15, (hash[5] >> 4) / 15, 5, 5) : null;
    return { luminance, yellow, red, alpha, ratio: lx / ly };
  }

  function at(channel, x, y, width, height) {
    let value = channel.dc;
    for (const { cx, cy, weight } of channel.terms) {
      value +=
        weight * Math.cos((Math.PI / width) * (x + 0.5) * cx) * Math.cos((Math.PI / height) * (y + 0.5) * cy);
    }
    return value;
  }

  /** Draws onto a canvas; an invalid hash leaves it empty. */
  function paint(canvas, base64) {
    let parts;
    try {
      parts = read(base64);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      return;
    }
    const { luminance, yellow, red, alpha, ratio } = parts;
    const width = Math.round(ratio > 1 ? SIDE : SIDE * ratio);
    const height = Math.round(ratio > 1 ? SIDE / ratio : SIDE);
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(width, height);
    let offset = 0;
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const l = at(luminance, x, y, width, height);
        const p = at(yellow, x, y, width, height);
        const q = at(red, x, y, width, height);
        const b = l - (2 / 3) * p;
        const r = (3 * l - b + q) / 2;
        const a = alpha ? at(alpha, x, y, width, height) : 1;
        for (const value of [r, r - q, b, a]) pixels.data[offset++] = Math.max(0, Math.min(1, value)) * 255;
      }
    }
    context.putImageData(pixels, 0, 0);
  }

  return { paint };
})();
