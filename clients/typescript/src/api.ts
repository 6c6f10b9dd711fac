// Generated from docs/openapi.json by `make generate`; do not edit.

export interface paths {
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The web page */
        get: operations["page"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["describe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Health check */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many images there are of each status; at most ten seconds old */
        get: operations["countImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A signed WebSocket address where changes are pushed; without one, poll */
        get: operations["openLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Images, newest first; by prefix or label, a page with a cursor may be short or empty */
        get: operations["listImages"];
        put?: never;
        /** Ask to upload one file, or up to 100: a presigned form, or a URL for a key of your own */
        post: operations["requestUploads"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Upload a small image, as bytes or as base64 in JSON; at most 4 MiB */
        post: operations["upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/images/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything known about an image */
        get: operations["showImage"];
        put?: never;
        post?: never;
        /** Delete an image and its derived images */
        delete: operations["deleteImage"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/images/{key}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same as GET /images/{key} */
        get: operations["showStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/images/{key}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The events of the newest revision, with their causes */
        get: operations["showEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/images/{key}/original": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The uploaded file */
        get: operations["getOriginal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/images/{key}/processed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The watermarked image */
        get: operations["getProcessed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/images/{key}/thumbnails/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A variant in the format that most programs show */
        get: operations["getThumbnail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/images/{key}/variants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The variants of an image, with their URLs, srcset and HTML */
        get: operations["listVariants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/images/{key}/variants/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A variant in the best format that Accept allows */
        get: operations["getVariant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/images/{key}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Retry the outstanding work of a failed image */
        post: operations["retryImage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Accepted: {
            key: string;
            links: components["schemas"]["Links"];
        };
        /** @description Fractions of the image as displayed. A face at the edge may extend beyond it: below 0 or above 1. */
        Box: {
            left: number;
            top: number;
            width: number;
            height: number;
        };
        Counts: {
            processing: number;
            completed: number;
            rejected: number;
            failed: number;
            deleted: number;
        };
        /** @description What the face looks like, never whose it is. */
        Face: {
            box: components["schemas"]["Box"];
            confidence: number;
            age_low?: number;
            age_high?: number;
            emotion?: string;
            smile?: boolean;
            eyes_open?: boolean;
            mouth_open?: boolean;
            eyeglasses?: boolean;
            sunglasses?: boolean;
            occluded?: boolean;
        };
        /** @description The number of faces, and the largest ones; the raw output has all of them. */
        Faces: {
            count: number;
            largest: components["schemas"]["Face"][];
        };
        Failure: {
            event_id: string;
            at: string;
            stage: string;
            error_type: string;
            message: string;
            attempts: number;
        };
        FieldError: {
            field: string;
            message: string;
        };
        Health: {
            /** @constant */
            status: "ok";
        };
        /** @description Everything known about an image. */
        Image: {
            key: string;
            /** @enum {string} */
            status: "processing" | "completed" | "rejected" | "failed" | "deleted";
            reason?: string;
            created_at: string;
            updated_at: string;
            size?: number;
            processed_size?: number;
            format?: string;
            width?: number;
            height?: number;
            thumbhash?: string;
            revision?: string;
            version_id?: string;
            correlation_id?: string;
            completed_at?: string;
            duration_ms?: number;
            mime?: string;
            frames?: number;
            sha256?: string;
            user_metadata?: {
                [key: string]: string;
            };
            still?: boolean;
            outstanding: string[];
            failures: components["schemas"]["Failure"][];
            stages: {
                [key: string]: components["schemas"]["StageTime"];
            };
            rejection?: components["schemas"]["ImageRejected"];
            recipe?: string;
            outdated?: boolean;
            thumbnails: components["schemas"]["Thumbnail"][];
            watermarked?: components["schemas"]["Watermarked"];
            metadata?: components["schemas"]["MetadataExtracted"];
            labels?: components["schemas"]["LabelsDetected"];
            labels_skipped?: string;
            links: components["schemas"]["Links"];
            urls?: components["schemas"]["Urls"];
        };
        /** @description The bytes are not an image that the pipeline accepts. Final. */
        ImageRejected: {
            /** @enum {string} */
            code: "corrupt" | "empty" | "gone" | "too_costly" | "too_many_bytes" | "too_many_frames" | "too_many_pixels" | "trailing_data" | "unsupported_format";
            limit?: number;
            actual?: number;
            detail: string;
        };
        /**
         * @description The derived images that are shown, all by one recipe.
         *
         *     `outdated`: they are by an earlier recipe, until those of the promoted one are complete. `expires_at` is
         *     when the URLs cease to work; without it they are permanent.
         */
        ImageVariants: {
            key: string;
            recipe?: string;
            outdated: boolean;
            thumbhash?: string;
            expires_at?: string;
            variants: {
                [key: string]: components["schemas"]["Variant"];
            };
            /** @description The one with the largest image first. */
            pictures: components["schemas"]["Picture"][];
            links: components["schemas"]["Links"];
        };
        /** @description A small file with its content. */
        InlineUpload: {
            filename: string;
            /** @enum {string} */
            content_type: "image/jpeg" | "image/png" | "image/webp" | "image/gif" | "image/avif" | "image/heic" | "image/heif" | "image/tiff" | "image/jxl";
            data: string;
        };
        Label: {
            name: string;
            confidence: number;
            parents?: string[];
        };
        /**
         * @description What Rekognition detected. Analyses not requested are absent; those that failed are in `skipped`.
         *
         *         Version 2 added faces and moderation, each with its own model: `model_version` became `model_versions`.
         */
        LabelsDetected: {
            labels: components["schemas"]["Label"][];
            model_versions: {
                [key: string]: string;
            };
            faces?: components["schemas"]["Faces"];
            moderation?: components["schemas"]["ModerationLabel"][];
            skipped?: {
                [key: string]: string;
            };
        };
        /** @description Addresses relative to the API's; `self` is the status. */
        Links: {
            self: string;
            events: string;
            original?: string;
            processed?: string;
            thumbnails?: {
                [key: string]: string;
            };
            variants?: string;
        };
        /** @description `url` opens a WebSocket until `expires_at`, without the API key. Absent where nothing pushes. */
        Live: {
            url?: string;
            expires_at?: string;
        };
        /** @description Properties, an allow-list of EXIF (never a position or a serial number), colours and hashes. */
        MetadataExtracted: {
            properties: {
                [key: string]: boolean | number | string;
            };
            exif: {
                [key: string]: boolean | number | string;
            };
            dominant_colors: string[];
            thumbhash: string;
            phash: string;
        };
        ModerationLabel: {
            name: string;
            confidence: number;
            parent?: string;
        };
        /** @description `cursor` leads to the next page; there is none after the last. */
        Page: {
            items: components["schemas"]["Summary"][];
            cursor?: string;
        };
        /** @description Variants that show the same at different sizes, for one <img> or <picture>; the largest first. */
        Picture: {
            variants: string[];
            /** @description By format, with width descriptors. */
            srcset: {
                [key: string]: string;
            };
            /** @description A <picture> for them. Write the alternative text into it. */
            html: string;
        };
        /** @description RFC 9457. `code` is for programs, `detail` for people. */
        ProblemDetails: {
            type: string;
            title: string;
            status: number;
            /** @enum {string} */
            code: "empty" | "format_not_found" | "image_deleted" | "image_not_found" | "internal_error" | "invalid_base64" | "invalid_cursor" | "invalid_json" | "invalid_metadata" | "invalid_request" | "invalid_time" | "key_exists" | "method_not_allowed" | "no_events_yet" | "no_such_route" | "not_acceptable" | "not_available" | "not_binary" | "not_known_then" | "nothing_to_retry" | "thumbnail_not_found" | "too_large" | "unavailable" | "unsupported_type" | "variant_not_found" | "bad_request" | "invalid_api_key" | "invalid_token" | "quota_exceeded" | "too_many_requests";
            detail: string;
            errors?: components["schemas"]["FieldError"][];
        };
        /** @description A presigned PUT: send the file to `url` with exactly these headers. 412: the key is taken. */
        PutTicket: {
            key: string;
            /** @constant */
            method: "PUT";
            url: string;
            headers: {
                [key: string]: string;
            };
            expires_at: string;
            links: components["schemas"]["Links"];
        };
        /** @description A file of a list that cannot be uploaded. `filename` is as it was sent. */
        Refusal: {
            filename?: string;
            error: components["schemas"]["ProblemDetails"];
        };
        Retried: {
            key: string;
            /** @description The stages that are retried. */
            stages: string[];
            links: components["schemas"]["Links"];
        };
        /** @description When a stage's fact occurred, and the milliseconds since the event that caused it. */
        StageTime: {
            at: string;
            event: string;
            ms?: number;
            billed_ms?: number;
        };
        /** @description `counts`: images by status. Not `complete`: there were too many to count, and there are more. */
        Stats: {
            counts: components["schemas"]["Counts"];
            complete: boolean;
            as_of: string;
        };
        /** @description An image in the list. Sizes are in bytes. */
        Summary: {
            key: string;
            /** @enum {string} */
            status: "processing" | "completed" | "rejected" | "failed" | "deleted";
            reason?: string;
            created_at: string;
            updated_at: string;
            size?: number;
            processed_size?: number;
            format?: string;
            width?: number;
            height?: number;
            thumbhash?: string;
            links: components["schemas"]["Links"];
            urls?: components["schemas"]["Urls"];
        };
        Thumbnail: {
            name: string;
            width: number;
            height: number;
            format: string;
            bytes: number;
        };
        /** @description A presigned POST: send `fields`, then the file as `file`, as multipart/form-data to `url`. */
        Ticket: {
            key: string;
            /** @constant */
            method: "POST";
            url: string;
            fields: {
                [key: string]: string;
            };
            expires_at: string;
            links: components["schemas"]["Links"];
        };
        Timeline: {
            key: string;
            revision: string;
            correlation_id: string;
            duration_ms: number;
            events: components["schemas"]["TimelineEvent"][];
            links: components["schemas"]["Links"];
        };
        /** @description `ms`: since the event that caused it; `offset_ms`: since the first one. */
        TimelineEvent: {
            event_id: string;
            type: string;
            source: string;
            stage?: string;
            occurred_at: string;
            offset_ms: number;
            caused_by?: string;
            ms?: number;
            usage: {
                [key: string]: number;
            };
            data: {
                [key: string]: unknown;
            };
        };
        /** @description A file that the caller is about to upload. */
        UploadRequest: {
            filename: string;
            /** @enum {string} */
            content_type: "image/jpeg" | "image/png" | "image/webp" | "image/gif" | "image/avif" | "image/heic" | "image/heif" | "image/tiff" | "image/jxl";
            /** @description The exact size of the upload in bytes. */
            size: number;
            /** @description A key of your own, below uploads/. Without it the server chooses one. */
            key?: string;
            /** @description Whether an own key may replace an image. */
            overwrite?: boolean;
            /** @description Stored with the file as x-amz-meta-…, and part of ImageValidated. At most 2 KB. */
            user_metadata?: {
                [key: string]: string;
            };
        };
        /** @description URLs that need no API key: presigned and valid for at most five minutes, or the CDN's. */
        Urls: {
            original?: string;
            processed?: string;
            thumbnail?: string;
            thumbnails?: {
                [key: string]: string;
            };
        };
        /** @description One variant in each of its formats. `link` is the address that chooses one by Accept. */
        Variant: {
            link: string;
            formats: components["schemas"]["VariantFile"][];
        };
        /** @description One format of a variant. `url` needs no API key. */
        VariantFile: {
            /** @description As in recipes.yml and for ?format=: jpeg, png, webp, avif. */
            format: string;
            mime: string;
            width: number;
            height: number;
            bytes: number;
            url: string;
        };
        Watermarked: {
            width: number;
            height: number;
            format: string;
            bytes: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    page: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description Unchanged. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    describe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The OpenAPI document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, unknown>;
                };
            };
            /** @description Unchanged. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The API is up. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    countImages: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The counts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    openLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The address, if the system has one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Live"];
                };
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    listImages: {
        parameters: {
            query?: {
                /** @description Only images with this status. */
                status?: "processing" | "completed" | "rejected" | "failed" | "deleted" | "";
                /** @description Only images whose key begins with this. */
                prefix?: string;
                /** @description Only images with this label, in upper or lower case. */
                label?: string;
                /** @description Only images that were uploaded at or after this moment: an RFC 3339 time, or a date (its first moment in UTC). */
                since?: string;
                /** @description Only images that were uploaded before this moment: an RFC 3339 time, or a date (its first moment in UTC). */
                until?: string;
                /** @description Maximum number of images. */
                limit?: number | string;
                /** @description The cursor of an earlier page, to continue after it. */
                cursor?: string;
                /** @description true adds URLs that need no key. */
                urls?: "true" | "false" | "";
            };
            header?: {
                /** @description The ETag of an earlier response; the answer is 304 while it is current. */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state. */
            200: {
                headers: {
                    /** @description For If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page"];
                };
            };
            /** @description Unchanged. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    requestUploads: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadRequest"] | components["schemas"]["UploadRequest"][];
            };
        };
        responses: {
            /** @description For each file what allows the upload, in the order of the request. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"] | components["schemas"]["PutTicket"] | (components["schemas"]["Ticket"] | components["schemas"]["PutTicket"])[];
                };
            };
            /** @description Of a list, some files are refused: for each a form or the reason, in order. */
            207: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": (components["schemas"]["Ticket"] | components["schemas"]["PutTicket"] | components["schemas"]["Refusal"])[];
                };
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The image's status does not allow this (nothing_to_retry), or the key is taken (key_exists). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The file is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The content type is not accepted. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    upload: {
        parameters: {
            query?: {
                /** @description The file name, which ends the key. */
                filename?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "image/jpeg": Blob;
                "image/png": Blob;
                "image/webp": Blob;
                "image/gif": Blob;
                "image/avif": Blob;
                "image/heic": Blob;
                "image/heif": Blob;
                "image/tiff": Blob;
                "image/jxl": Blob;
                "application/json": components["schemas"]["InlineUpload"];
            };
        };
        responses: {
            /** @description Stored and queued for processing. */
            202: {
                headers: {
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The file is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The content type is not accepted. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    showImage: {
        parameters: {
            query?: {
                /** @description true adds URLs that need no key. */
                urls?: "true" | "false" | "";
                /** @description Show what was known at this moment, without links to derived images (urls has no effect): an RFC 3339 time, or a date (its first moment in UTC). */
                at?: string;
            };
            header?: {
                /** @description The ETag of an earlier response; the answer is 304 while it is current. */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description The image's S3 key, percent-encoded; slashes may stay unencoded. A key whose address would be ambiguous (it ends in /events, begins with ~, has empty or dot segments) is addressed as ~ followed by the key in base64url without padding. That form is valid for every key.
                 * @example uploads/2026/01/5b2f…/cat.jpg
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state. */
            200: {
                headers: {
                    /** @description For If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
            /** @description Unchanged. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The image does not exist (image_not_found), was deleted (image_deleted), was not known then (not_known_then) or has no such derived image (not_available, thumbnail_not_found, variant_not_found, format_not_found). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    deleteImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The image's S3 key, percent-encoded; slashes may stay unencoded. A key whose address would be ambiguous (it ends in /events, begins with ~, has empty or dot segments) is addressed as ~ followed by the key in base64url without padding. That form is valid for every key.
                 * @example uploads/2026/01/5b2f…/cat.jpg
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Marked as deleted. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The image does not exist (image_not_found), was deleted (image_deleted), was not known then (not_known_then) or has no such derived image (not_available, thumbnail_not_found, variant_not_found, format_not_found). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    showStatus: {
        parameters: {
            query?: {
                /** @description true adds URLs that need no key. */
                urls?: "true" | "false" | "";
                /** @description Show what was known at this moment, without links to derived images (urls has no effect): an RFC 3339 time, or a date (its first moment in UTC). */
                at?: string;
            };
            header?: {
                /** @description The ETag of an earlier response; the answer is 304 while it is current. */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description The image's S3 key, percent-encoded; slashes may stay unencoded. A key whose address would be ambiguous (it ends in /events, begins with ~, has empty or dot segments) is addressed as ~ followed by the key in base64url without padding. That form is valid for every key.
                 * @example uploads/2026/01/5b2f…/cat.jpg
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state. */
            200: {
                headers: {
                    /** @description For If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
            /** @description Unchanged. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The image does not exist (image_not_found), was deleted (image_deleted), was not known then (not_known_then) or has no such derived image (not_available, thumbnail_not_found, variant_not_found, format_not_found). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    showEvents: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of an earlier response; the answer is 304 while it is current. */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description The image's S3 key, percent-encoded; slashes may stay unencoded. A key whose address would be ambiguous (it ends in /events, begins with ~, has empty or dot segments) is addressed as ~ followed by the key in base64url without padding. That form is valid for every key.
                 * @example uploads/2026/01/5b2f…/cat.jpg
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state. */
            200: {
                headers: {
                    /** @description For If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Timeline"];
                };
            };
            /** @description Unchanged. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The image does not exist (image_not_found), was deleted (image_deleted), was not known then (not_known_then) or has no such derived image (not_available, thumbnail_not_found, variant_not_found, format_not_found). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    getOriginal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The image's S3 key, percent-encoded; slashes may stay unencoded. A key whose address would be ambiguous (it ends in /events, begins with ~, has empty or dot segments) is addressed as ~ followed by the key in base64url without padding. That form is valid for every key.
                 * @example uploads/2026/01/5b2f…/cat.jpg
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Redirects to a presigned URL, valid for five minutes, or to a derived image on the CDN. */
            302: {
                headers: {
                    Location: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The image does not exist (image_not_found), was deleted (image_deleted), was not known then (not_known_then) or has no such derived image (not_available, thumbnail_not_found, variant_not_found, format_not_found). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    getProcessed: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The image's S3 key, percent-encoded; slashes may stay unencoded. A key whose address would be ambiguous (it ends in /events, begins with ~, has empty or dot segments) is addressed as ~ followed by the key in base64url without padding. That form is valid for every key.
                 * @example uploads/2026/01/5b2f…/cat.jpg
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Redirects to a presigned URL, valid for five minutes, or to a derived image on the CDN. */
            302: {
                headers: {
                    Location: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The image does not exist (image_not_found), was deleted (image_deleted), was not known then (not_known_then) or has no such derived image (not_available, thumbnail_not_found, variant_not_found, format_not_found). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    getThumbnail: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The image's S3 key, percent-encoded; slashes may stay unencoded. A key whose address would be ambiguous (it ends in /events, begins with ~, has empty or dot segments) is addressed as ~ followed by the key in base64url without padding. That form is valid for every key.
                 * @example uploads/2026/01/5b2f…/cat.jpg
                 */
                key: string;
                /**
                 * @description The variant's name. In the default recipe it is the box that the image fits into.
                 * @example 320x320
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Redirects to a presigned URL, valid for five minutes, or to a derived image on the CDN. */
            302: {
                headers: {
                    Location: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The image does not exist (image_not_found), was deleted (image_deleted), was not known then (not_known_then) or has no such derived image (not_available, thumbnail_not_found, variant_not_found, format_not_found). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    listVariants: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of an earlier response; the answer is 304 while it is current. */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description The image's S3 key, percent-encoded; slashes may stay unencoded. A key whose address would be ambiguous (it ends in /events, begins with ~, has empty or dot segments) is addressed as ~ followed by the key in base64url without padding. That form is valid for every key.
                 * @example uploads/2026/01/5b2f…/cat.jpg
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is shown now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageVariants"];
                };
            };
            /** @description Unchanged. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The image does not exist (image_not_found), was deleted (image_deleted), was not known then (not_known_then) or has no such derived image (not_available, thumbnail_not_found, variant_not_found, format_not_found). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    getVariant: {
        parameters: {
            query?: {
                /** @description The format to redirect to, whatever Accept says. */
                format?: "jpeg" | "png" | "webp" | "gif" | "avif" | "heif" | "";
            };
            header?: never;
            path: {
                /**
                 * @description The image's S3 key, percent-encoded; slashes may stay unencoded. A key whose address would be ambiguous (it ends in /events, begins with ~, has empty or dot segments) is addressed as ~ followed by the key in base64url without padding. That form is valid for every key.
                 * @example uploads/2026/01/5b2f…/cat.jpg
                 */
                key: string;
                /**
                 * @description The variant's name. In the default recipe it is the box that the image fits into.
                 * @example 320x320
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Redirects to a presigned URL, valid for five minutes, or to a derived image on the CDN. */
            302: {
                headers: {
                    Location: string;
                    /** @description Accept, without format. */
                    Vary?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The image does not exist (image_not_found), was deleted (image_deleted), was not known then (not_known_then) or has no such derived image (not_available, thumbnail_not_found, variant_not_found, format_not_found). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The variant has no format that Accept allows (not_acceptable). */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    retryImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The image's S3 key, percent-encoded; slashes may stay unencoded. A key whose address would be ambiguous (it ends in /events, begins with ~, has empty or dot segments) is addressed as ~ followed by the key in base64url without padding. That form is valid for every key.
                 * @example uploads/2026/01/5b2f…/cat.jpg
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The retry was requested. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retried"];
                };
            };
            /** @description The request is invalid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The API key is missing or invalid. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The image does not exist (image_not_found), was deleted (image_deleted), was not known then (not_known_then) or has no such derived image (not_available, thumbnail_not_found, variant_not_found, format_not_found). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The address does not support this method. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The image's status does not allow this (nothing_to_retry), or the key is taken (key_exists). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Too many requests with this key. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description A service behind the API did not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
}
