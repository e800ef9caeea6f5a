import { expect } from "@playwright/test";
import type { ApiDevice } from "../support/api.ts";
import { workload } from "./workload.ts";

const BATCH = 100;

/** Fills an organization with so many of the benchmark's tasks. */
export async function load(loader: ApiDevice, count: number): Promise<void> {
  const tasks = workload(count);
  const projects = [...new Set(tasks.map(({ project }) => project))];
  const ops: object[] = [
    ...projects.map((id, i) => ({ "project.create@1": { id, name: `Project ${i + 1}` } })),
    ...tasks.map((task) => ({ "task.create@1": task })),
  ];
  while (ops.length > 0) {
    const results = await loader.push(ops.splice(0, BATCH));
    expect(results.filter((result) => !("accepted" in result))).toEqual([]);
  }
}
