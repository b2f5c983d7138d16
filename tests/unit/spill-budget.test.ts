import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spoolBody } from "../../src/data/spool.ts";
import { SpillBudget } from "../../src/spill-budget.ts";
import { fault } from "./fault.ts";

describe("disk space of uploads and spilled data (spillLimit)", () => {
  test("leases together never exceed the limit", () => {
    const budget = new SpillBudget(() => 100);
    const first = budget.lease();
    const second = budget.lease();
    first.grow(60);
    expect(() => second.grow(41)).toThrow("spillLimit");
    expect(() => budget.check(41)).toThrow("spillLimit");
    budget.check(40);
    second.grow(40);
    expect(budget.usedBytes).toBe(100);
  });

  test("a lease gives back all it took, once", () => {
    const budget = new SpillBudget(() => 100);
    const lease = budget.lease();
    lease.grow(100);
    lease.release();
    lease.release();
    expect(budget.usedBytes).toBe(0);
    budget.lease().grow(100);
  });

  test("databases leave space for each other and for uploads", () => {
    const budget = new SpillBudget(() => 1000);
    const shares = Array.from({ length: 20 }, () => budget.share());
    expect(shares[0]?.bytes).toBe(250);
    expect(budget.usedBytes).toBeLessThan(1000);
    for (const share of shares) share.release();
    expect(budget.usedBytes).toBe(0);
  });

  test("a changed limit holds at the next use, also below what is held", () => {
    let limit = 100;
    const budget = new SpillBudget(() => limit);
    const lease = budget.lease();
    lease.grow(80);
    limit = 50;
    expect(() => lease.grow(1)).toThrow("spillLimit");
    expect(budget.share().bytes).toBe(0);
    lease.release();
    budget.lease().grow(50);
  });

  test("an upload beyond the limit ends, and neither its file nor its space stays", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hearth-spool-"));
    const budget = new SpillBudget(() => 1000);
    const pieces = async function* (count: number) {
      for (let i = 0; i < count; i += 1) yield new Uint8Array(300);
    };
    const error = await fault(spoolBody(pieces(5), folder, budget.lease()));
    expect(error).toMatchObject({ code: "disk-full", hint: expect.stringContaining("spillLimit") });
    expect(readdirSync(folder)).toEqual([]);
    expect(budget.usedBytes).toBe(0);
    const kept = await spoolBody(pieces(3), folder, budget.lease());
    expect(budget.usedBytes).toBe(900);
    kept.remove();
    expect(existsSync(kept.path)).toBe(false);
    expect(budget.usedBytes).toBe(0);
    rmSync(folder, { recursive: true });
  });
});
