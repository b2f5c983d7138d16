import * as v from "valibot";
import { said, success, Warnings } from "./parts.ts";

const FieldValue = said(v.unknown(), "Dates are ISO text");

export const InterfaceFieldAnswer = success({
  value: said(v.unknown(), "null: the interface has no such field. Dates are ISO text"),
  warnings: Warnings,
});

export const TalkFieldAnswer = success({
  value: said(v.unknown(), '"": nobody has such a field. Dates are ISO text'),
  warnings: Warnings,
});

export const FieldsAnswer = success({
  values: v.record(v.string(), FieldValue),
  missing: said(v.array(v.string()), "Fields that nobody has"),
  warnings: Warnings,
});

export const InterfaceCheckAnswer = success({
  files: said(v.array(v.string()), "Every file that was read, its own first"),
  sections: v.array(v.object({ name: v.string(), type: v.string() })),
  problems: said(v.array(v.string()), "In words; none when all is well"),
});
