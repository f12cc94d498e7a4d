import { expect, test } from "vitest";
import { readDirectives } from "../../server/cache/directives.ts";

const useAll = { read: true, store: true, maxAgeSeconds: undefined };

test.each([
  [null, useAll],
  ["", useAll],
  ["no-transform, private", useAll],
  ["no-cache", { read: false, store: true, maxAgeSeconds: undefined }],
  [" No-Cache ", { read: false, store: true, maxAgeSeconds: undefined }],
  ["no-store", { read: false, store: false, maxAgeSeconds: undefined }],
  ["no-cache, no-store", { read: false, store: false, maxAgeSeconds: undefined }],
  ["max-age=60", { read: true, store: true, maxAgeSeconds: 60 }],
  ['max-age="60", max-age=5', { read: true, store: true, maxAgeSeconds: 5 }],
  ["max-age=0", { read: false, store: true, maxAgeSeconds: 0 }],
  ["max-age=-1", useAll],
  ["max-age=soon", useAll],
])("cache-control %j", (header, directives) => {
  expect(readDirectives(header)).toEqual(directives);
});
