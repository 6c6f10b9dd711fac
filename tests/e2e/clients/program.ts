// node program.js FILE KEY: uploads a file through the typed client, waits until it is processed, and prints what
// the API says of it. IMAGEBUS_API_URL and IMAGEBUS_API_KEY name the stack. `KEY` is an image that is not there.
import { readFile } from "node:fs/promises";
import { imagebus, upload, type Image, type Problem } from "./client.js";

const [file, absent] = process.argv.slice(2) as [string, string];
const api = imagebus(process.env.IMAGEBUS_API_URL ?? "", process.env.IMAGEBUS_API_KEY ?? "");

function known<T>(answer: { data?: T; error?: Problem; response: Response }): T {
  if (answer.data === undefined) throw new Error(`${answer.response.status}: ${JSON.stringify(answer.error)}`);
  return answer.data;
}

async function processed(key: string): Promise<Image> {
  for (;;) {
    const image = known(await api.GET("/images/{key}", { params: { path: { key } } }));
    if (image.status !== "processing") return image;
    await new Promise((done) => setTimeout(done, 200));
  }
}

const accepted = known(await upload(api, new Blob([await readFile(file)], { type: "image/jpeg" }), "a b+ü.jpg"));
const path = { key: accepted.key };
const image = await processed(accepted.key);
const { variants } = known(await api.GET("/images/{key}/variants", { params: { path } }));
const { events } = known(await api.GET("/images/{key}/events", { params: { path } }));
const page = known(await api.GET("/images", { params: { query: { limit: 100, urls: "true" } } }));
const original = await api.GET("/images/{key}/original", { params: { path }, parseAs: "stream" });
const location = original.response.headers.get("location") ?? "";
const bytes = await (await fetch(location)).arrayBuffer();
const [ticket] = known(
  await api.POST("/images", { body: [{ filename: "later.png", content_type: "image/png", size: 3 }] }),
) as { key: string }[];
const missing = await api.GET("/images/{key}", { params: { path: { key: absent } } });
const deleted = known(await api.DELETE("/images/{key}", { params: { path } }));

// What the document leaves optional must be looked at first, and what it does not name is not there.
const thumbhash: string | undefined = image.metadata?.thumbhash;
const milliseconds: number | undefined = image.stages["thumbnailer"]?.ms;
// @ts-expect-error a rejection is there only if the image was rejected
export const code = (image: Image): string => image.rejection.code;
// @ts-expect-error no such field
export const thumbnail = (image: Image): string => image.thumbnail;

process.stdout.write(
  JSON.stringify({
    status: image.status,
    thumbhash,
    milliseconds,
    colors: image.metadata?.dominant_colors.length,
    formats: Object.values(variants).flatMap((variant) => variant.formats.map((each) => each.mime)),
    events: events.map((event) => event.type),
    listed: page.items.some((each) => each.key === accepted.key && each.urls?.thumbnail !== undefined),
    bytes: bytes.byteLength,
    ticket: ticket?.key,
    missing: missing.error?.code,
    deleted: deleted.key,
  }),
);
