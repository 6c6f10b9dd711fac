// sharp in a process of its own: jobs as JSON lines, CPU milliseconds (libvips' threads included) as answers.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.argv[3]}/package.json`);
const sharp = require("sharp");
sharp.concurrency(1);
sharp.cache(false);

const BOXES = [[1280, null], [640, 480], [320, 320], [100, 100]];
const FIT = { fit: "inside", withoutEnlargement: true };

function save(image, data) {
  if (data[0] === 0xff || data.toString("latin1", 4, 8) === "ftyp") return image.jpeg({ quality: 85 }).toBuffer();
  if (data[0] === 0x89) return image.png().toBuffer();
  return image.webp({ quality: 80 }).toBuffer();
}

async function idiomatic(data) {
  const made = [];
  for (const [w, h] of BOXES) made.push(await save(sharp(data).autoOrient().resize(w, h, FIT), data));
  return made;
}

async function chained(data) {
  const made = [];
  let image = sharp(data).autoOrient();
  for (const [w, h] of BOXES) {
    const { data: pixels, info } = await image.resize(w, h, FIT).raw().toBuffer({ resolveWithObject: true });
    image = sharp(pixels, { raw: { width: info.width, height: info.height, channels: info.channels } });
    made.push(await save(image.clone(), data));
  }
  return made;
}

const run = process.argv[2] === "sharp" ? idiomatic : chained;
let file, data;
for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  if (job.file !== file) { file = job.file; data = readFileSync(file); }
  const before = process.cpuUsage();
  const outputs = await run(data);
  const spent = process.cpuUsage(before);
  if (job.out) outputs.forEach((output, number) => writeFileSync(`${job.out}.${number}`, output));
  const bytes = outputs.reduce((sum, output) => sum + output.length, 0);
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "ascii"))[1]) / 1024;
  console.log(JSON.stringify({ cpu_ms: (spent.user + spent.system) / 1000, peak_mb: peak, bytes }));
}
