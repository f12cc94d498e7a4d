import { fileURLToPath } from "node:url";
import preact from "@preact/preset-vite";
import tailwind from "@tailwindcss/vite";
import { defineConfig } from "vite";

/** Where `npm run dev` finds the admin API: a server started beside it with its default port. */
const adminApi = "http://127.0.0.1:3002";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("."),
  plugins: [preact(), tailwind()],
  server: {
    // The admin API checks the Origin of every mutation; behind the proxy the page's own is not the server's.
    proxy: { "/api": { target: adminApi, changeOrigin: true, headers: { origin: adminApi } } },
  },
  build: {
    outDir: at("../dist/ui"),
    emptyOutDir: true,
    target: "es2023",
    // These know `light-dark()`, so that it is not rewritten into variables.
    cssTarget: ["chrome123", "safari17.5", "firefox120"],
    // Both would put code or data into the page that its Content-Security-Policy forbids.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
});
