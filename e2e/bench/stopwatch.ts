// Measures inside the page, from the input event to the change in the document. The app shows an edit only after the
// storage has committed it with strict durability, so what is visible is durable. Frames and the way from the test to
// the browser are not in it.

import type { Page } from "@playwright/test";

declare global {
  interface Window {
    stopwatch: Promise<number> | undefined;
  }
}

/** What the document shows once the change is there. */
interface Seen {
  /** CSS selector. */
  selector: string;
  /** The text of the element, where the selector alone does not tell. */
  text?: string;
}

/** Milliseconds from the next event of this type to what it makes visible. */
export async function measure(page: Page, event: "keydown" | "click", act: () => Promise<void>, seen: Seen): Promise<number> {
  await page.evaluate(
    ([event, { selector, text }]) => {
      window.stopwatch = new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error(`${selector} ${text ?? ""} was not seen within 10 s`)), 10_000);
        let start: number | undefined;
        const isSeen = (): boolean => {
          const found = document.querySelectorAll(selector);
          return text === undefined ? found.length > 0 : Array.from(found).some((element) => element.textContent === text);
        };
        if (isSeen()) throw new Error(`${selector} ${text} is there before it is made`);
        const observer = new MutationObserver(() => {
          const now = performance.now();
          if (start === undefined || !isSeen()) return;
          observer.disconnect();
          resolve(now - start);
        });
        observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
        window.addEventListener(event, () => (start = performance.now()), { capture: true, once: true });
      });
    },
    [event, seen] as const,
  );
  await act();
  return page.evaluate(() => window.stopwatch!);
}

/** Milliseconds from a key in a field to a document that is laid out anew: what the frame after it has to wait for. */
export async function measureTyping(page: Page, key: string, results: string): Promise<number> {
  await page.evaluate((results) => {
    window.stopwatch = new Promise((resolve) => {
      const start = (): void => {
        const began = performance.now();
        const { port1, port2 } = new MessageChannel();
        // Comes when everything that the key has set off is done.
        port1.onmessage = () => {
          document.querySelector(results)!.getBoundingClientRect();
          resolve(performance.now() - began);
        };
        window.addEventListener("input", () => port2.postMessage(undefined), { capture: true, once: true });
      };
      window.addEventListener("keydown", start, { capture: true, once: true });
    });
  }, results);
  await page.keyboard.press(key);
  return page.evaluate(() => window.stopwatch!);
}

/** What a bare write of a small record costs on this machine at this time: the floor under every figure above it. */
export function bareWrites(page: Page, count: number): Promise<number[]> {
  return page.evaluate(async (count) => {
    const done = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error!);
      });
    const opening = indexedDB.open("stopwatch", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("records");
    const database = await done(opening);
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      const write = database.transaction("records", "readwrite", { durability: "strict" });
      write.objectStore("records").put(new Uint8Array(500), i % 20);
      await new Promise((resolve) => (write.oncomplete = resolve));
      times.push(performance.now() - start);
    }
    database.close();
    await done(indexedDB.deleteDatabase("stopwatch"));
    return times;
  }, count);
}

export function percentile(times: number[], p: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)]!;
}
