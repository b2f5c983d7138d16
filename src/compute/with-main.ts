import type { TableStream } from "../data/table.ts";
import type { LoadedTable } from "../engine/load.ts";
import type { Session } from "../engine/session.ts";
import type { OperationInput } from "./operation.ts";

/** Opens all tables of the request and works on the main one; the session is freed when the work fails. */
export async function withMain(
  input: OperationInput,
  work: (session: Session, table: LoadedTable) => Promise<TableStream>,
): Promise<TableStream> {
  const { name } = input.main();
  const session = await input.open();
  try {
    return await work(session, session.tables.find((table) => table.name === name) as LoadedTable);
  } catch (error) {
    await session.close();
    throw error;
  }
}
