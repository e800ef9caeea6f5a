// Measures; proves nothing, and is no part of the tests: npm run bench
import { defineConfig } from "@playwright/test";
import base from "../playwright.config.ts";

export default defineConfig({
  ...base,
  testDir: ".",
  outputDir: "../test-results/bench",
  testMatch: ["figures.ts", "realtime.ts"],
  workers: 1,
  timeout: 15 * 60_000,
  reporter: "line",
  use: { ...base.use, trace: "off" },
});
