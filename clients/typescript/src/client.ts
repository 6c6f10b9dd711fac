/** A typed client of the API: paths, parameters and answers are those of docs/openapi.json. */
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api.js";

export type Api = Client<paths>;
export type Image = components["schemas"]["Image"];
export type Problem = components["schemas"]["ProblemDetails"];

/**
 * The API at `url` (the stack's output ApiUrl), called with an API key. Whoever has the key can upload, read
 * and delete, so use this on a server.
 *
 *     const api = imagebus(url, key);
 *     const { data, error } = await api.GET("/images/{key}", { params: { path: { key: "holiday/a.jpg" } } });
 *
 * Any image key can be passed as it is. Redirects are not followed, because their targets must not get the
 * API key: of `/images/{key}/original` and the like, `response.headers.get("location")` says where the image is.
 */
export function imagebus(url: string, key: string): Api {
  return createClient<paths>({
    baseUrl: url,
    headers: { "x-api-key": key },
    redirect: "manual",
    bodySerializer: (body: unknown) => (body instanceof Blob ? body : JSON.stringify(body)),
    pathSerializer: (path, values) =>
      path.replace(/\{(\w+)\}/g, (_, name: string) => {
        const value = String(values[name]);
        return name === "key" ? token(value) : encodeURIComponent(value);
      }),
  });
}

/** Uploads an image of at most 4 MiB, whose `type` is its content type. Larger ones: `POST /images`. */
export function upload(api: Api, image: Blob, filename: string) {
  return api.POST("/upload", {
    params: { query: { filename } },
    headers: { "Content-Type": image.type },
    body: image,
  });
}

/** An image key as the one path segment that names it whatever it contains: `~` and the key in base64url. */
export function token(key: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(key));
  return `~${btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}
