import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stateFault } from "../../src/config/state-fault.ts";
import type { HearthError } from "../../src/errors.ts";
import { PageAccess } from "../../src/insight/page-access.ts";

const failed = (code: string) => Object.assign(new Error(code), { code });

describe("failures of the state directory", () => {
  test.each([
    ["ENOSPC", "disk-full"],
    ["EDQUOT", "disk-full"],
    ["EMFILE", "too-busy"],
    ["ENFILE", "too-busy"],
    ["EROFS", "state-unusable"],
    ["EACCES", "state-unusable"],
    ["EIO", "state-unusable"],
    ["EXYZ", "state-unusable"],
  ])("%s is %s, with what to do", (errno, code) => {
    const error = stateFault("The file could not be written", failed(errno)) as HearthError;
    expect(error.code).toBe(code as never);
    expect(error.hint).toBeString();
  });

  test("what did not come from the file system stays what it is", () => {
    const error = new TypeError("a fault of our own");
    expect(stateFault("The file could not be written", error)).toBe(error);
  });

  test("a sign-in that can't be kept fails with state-unusable and leaves no half file", () => {
    const folder = mkdtempSync(join(tmpdir(), "hearth-secret-"));
    mkdirSync(join(folder, "page-secret", "taken"), { recursive: true });
    const pages = new PageAccess(join(folder, "page-secret"));
    const code = pages.createCode();
    expect(() => pages.redeem(code)).toThrow("The sign-in of pages could not be kept");
    expect(readdirSync(folder)).toEqual(["page-secret"]);
    rmSync(folder, { recursive: true });
  });

  test("a sign-in below something that is not a directory fails with state-unusable", () => {
    const folder = mkdtempSync(join(tmpdir(), "hearth-secret-"));
    writeFileSync(join(folder, "file"), "");
    const pages = new PageAccess(join(folder, "file", "page-secret"));
    const error = (() => {
      try {
        return pages.redeem(pages.createCode());
      } catch (caught) {
        return caught as HearthError;
      }
    })();
    expect(error).toMatchObject({ code: "state-unusable" });
    rmSync(folder, { recursive: true });
  });
});
