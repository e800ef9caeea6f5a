import { expect, test } from "../support/test.ts";

test("Chromium finds nothing that stands in the way of installing", async ({ newDevice }) => {
  const device = await newDevice({ onDisk: true });
  await device.visit("/");
  await device.installed();
  const session = await device.context.newCDPSession(device.page);

  const manifest = await session.send("Page.getAppManifest");
  expect(manifest.errors).toEqual([]);
  expect(new URL(manifest.url).pathname).toBe("/manifest.webmanifest");
  await expect
    .poll(async () => (await session.send("Page.getInstallabilityErrors")).installabilityErrors)
    .toEqual([]);

  const { name, icons, shortcuts } = JSON.parse(manifest.data!) as Manifest;
  expect(name).toBe("Tern");
  for (const { src, sizes } of [...icons, ...shortcuts.flatMap(({ icons }) => icons)]) {
    const size = await device.page.evaluate(async (src) => {
      const image = await createImageBitmap(await (await fetch(src)).blob());
      return `${image.width}x${image.height}`;
    }, src);
    expect(size, src).toBe(sizes);
  }
});

interface Manifest {
  name: string;
  icons: { src: string; sizes: string }[];
  shortcuts: { icons: { src: string; sizes: string }[] }[];
}
