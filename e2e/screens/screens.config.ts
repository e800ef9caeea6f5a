// Takes the pictures of docs/screens: scripts/screens.sh.

import config from "../playwright.config.ts";

export default { ...config, testDir: ".", outputDir: "../test-results/screens", reporter: [["list"]], workers: 1 };
