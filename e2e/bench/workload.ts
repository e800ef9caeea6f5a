// The tasks that Tern's figures are measured with: the same on every machine and in every language (mulberry32,
// integers and ASCII only). Fields that Tern does not have yet are drawn all the same, so that the others stay the same.

export interface BenchTask {
  id: string;
  project: string;
  title: string;
  status: string;
  priority: string;
  tags: string[];
  due: string;
}

export const SEED = 20261120;

const WORDS = (
  "alpha report invoice server deploy review meeting budget client design schema index query offline sync merge task " +
  "board sprint release login button colour layout export import backup restore customer order supplier contract " +
  "draft legal policy audit security patch kernel driver mobile desktop tablet keyboard screen reader contrast focus " +
  "label field form modal drawer list table chart graph metric alert incident runbook oncall rotation holiday travel " +
  "booking expense receipt tax payroll hiring interview offer onboarding training handbook workshop survey feedback " +
  "roadmap quarter goal outcome risk blocker dependency estimate velocity backlog grooming standup retro demo staging " +
  "production canary rollback"
).split(" ");
const STATUSES = ["backlog", "todo", "in_progress", "in_review", "done"];
const PRIORITIES = ["none", "low", "medium", "high", "urgent"];
const TAGS = (
  "bug feature docs infra ui api perf security ops legal sales design mobile web data urgent later idea chore test"
).split(" ");
const START = Date.UTC(2026, 0, 1);
const DAY = 86_400;

/** Whole numbers below 2^32. */
function mulberry32(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

export function workload(count: number, seed = SEED): BenchTask[] {
  const next = mulberry32(seed);
  const below = (limit: number): number => next() % limit;
  const pick = (words: string[]): string => words[below(words.length)]!;
  const hex = (value: number, digits: number): string => (value >>> 0).toString(16).padStart(digits, "0").slice(-digits);
  const id = (): string => {
    const [a, b, c, d] = [next(), next(), next(), next()];
    const variant = "89ab"[c & 3]! + hex(c >>> 8, 3);
    return `${hex(a, 8)}-${hex(b >>> 16, 4)}-4${hex(b, 3)}-${variant}-${hex(c >>> 20, 4)}${hex(d, 8)}`;
  };
  const people = Array.from({ length: 20 }, id);
  const projects = Array.from({ length: 12 }, id);
  return Array.from({ length: count }, (_, i) => {
    const task = { id: id(), title: Array.from({ length: 5 + below(6) }, () => pick(WORDS)).join(" ") };
    let description = "";
    while (description.length < 380 + (i % 41)) {
      description += (description ? (below(9) === 0 ? ". " : " ") : "") + pick(WORDS);
    }
    const tags: string[] = [];
    for (const wanted = below(5); tags.length < wanted; ) {
      const tag = pick(TAGS);
      if (!tags.includes(tag)) tags.push(tag);
    }
    const created = below(200 * DAY);
    const [status, priority] = [pick(STATUSES), pick(PRIORITIES)];
    pick(people); // the assignee
    const project = pick(projects);
    const due = new Date(START + (created + below(120 * DAY)) * 1000).toISOString().slice(0, 10);
    below(30 * DAY); // the last change
    below(1e9); // the place in a manual order
    return { ...task, project, status, priority, tags, due };
  });
}
