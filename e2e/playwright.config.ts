import { defineConfig, devices } from "@playwright/test";

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results/output",
  reporter: [["list"], ["json", { outputFile: "test-results/results.json" }]],
  // A test that passes only when tried again has found something.
  retries: 0,
  forbidOnly: true,
  // Each worker has a server and a PostgreSQL of its own.
  workers: 2,
  // Generous, because a timeout is the failure of a condition and not a measurement.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  use: {
    ...devices["Desktop Chrome"],
    userAgent: undefined, // the browser's own
    actionTimeout: 20_000,
    navigationTimeout: 20_000,
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.TERN_CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
