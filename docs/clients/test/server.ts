import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey, hkdfSync, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

assert.ok(process.env["CAREHUB"], "CAREHUB must name a server's binary");
const binary = resolve(process.env["CAREHUB"]);
const postgres = process.env["CAREHUB_TEST_POSTGRES_URL"];
assert.ok(postgres || !process.env["CAREHUB_REQUIRE_ALL"], "CAREHUB_TEST_POSTGRES_URL must name a database server");

/** Whether there is a PostgreSQL to test on. */
export const hasPostgres = postgres !== undefined;

export type Engine = "sqlite" | "postgres";

/** A demo server of its own: a process that can be stopped, killed and started again where it was. */
export class Server {
  url = "";
  readonly #folder = mkdtempSync(join(tmpdir(), "carehub-"));
  readonly #made: string[] = [];
  #database = "";
  #secret = "";
  #process: ChildProcess | undefined;
  #listen = "127.0.0.1:0";

  private constructor(readonly engine: Engine) {
    this.newDatabase();
    this.newSecret();
  }

  /** Starts a server on a new database. */
  static async start(engine: Engine): Promise<Server> {
    const server = new Server(engine);
    await server.start();
    return server;
  }

  /** Lets the next start find an empty database. */
  newDatabase(): void {
    const name = `carehub_client_${process.pid}_${this.#made.length}`;
    this.#made.push(name);
    this.#database = this.engine === "sqlite" ? `sqlite:${join(this.#folder, name)}` : postgresURL(name);
    if (this.engine === "postgres") psql(`CREATE DATABASE ${name}`);
  }

  /** Lets the next start make a new secret. */
  newSecret(): void {
    this.#secret = mkdtempSync(join(this.#folder, "secret-")) + "/carehub.secret";
  }

  async start(): Promise<void> {
    const flags = ["serve", "--listen", this.#listen, "--patients", "10", "--database", this.#database, "--secret-file", this.#secret];
    const started = spawn(binary, flags, { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = started;
    const said: string[] = [];
    const lines = createInterface({ input: started.stderr });
    this.url = await new Promise((found, failed) => {
      lines.on("line", (line) => {
        said.push(line);
        const address = /serves on (http:\S+)/.exec(line)?.[1];
        if (address) found(address);
      });
      lines.on("close", () => failed(new Error(`the server ended:\n${said.join("\n")}`)));
    });
    this.#listen = new URL(this.url).host;
  }

  /** Stops it, as a deployment does, or kills it, and waits for its end. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const running = this.#process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, "exit");
    running.kill(signal);
    await ended;
  }

  /** Stops it and takes everything away. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true });
    if (this.engine === "postgres") for (const name of this.#made) psql(`DROP DATABASE ${name} WITH (FORCE)`);
  }

  /** Changes who may do what, as an operator does. */
  importStaff(identity: string): void {
    const file = join(this.#folder, "staff.yaml");
    writeFileSync(file, `identities:\n  - ${identity}\n`);
    const flags = ["import", "staff", "--database", this.#database, "--errors", join(this.#folder, "errors.jsonl"), file];
    execFileSync(binary, flags, { stdio: "pipe" });
  }

  /** A token of a demo identity of the staff's that is good until the moment, in milliseconds. */
  token(name: string, until: number): string {
    const master = Buffer.from(readFileSync(this.#secret, "utf8").trim().replace("carehub-secret-1 ", ""), "base64");
    const purpose = "demo issuer";
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(purpose.length));
    const seed = hkdfSync("sha256", master, "", Buffer.concat([Buffer.from("carehub 1"), length, Buffer.from(purpose)]), 32);
    const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(seed)]);
    const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    const raw = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
    const kid = createHash("sha256").update(raw).digest("hex").slice(0, 16);
    const expires = Math.floor(until / 1000);
    const issued = expires - 3600;
    const claims = { iss: "urn:carehub:demo", aud: "carehub:staff_console", sub: name, iat: issued, exp: expires, auth_time: issued };
    const text = [{ alg: "EdDSA", typ: "JWT", kid }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
  }

  /** Runs an operation as a demo identity, without the client. */
  async as(name: string, query: string, variables: object = {}): Promise<any> {
    const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
      const answer = await fetch(this.url + path, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify(body),
      });
      return answer.json() as Promise<any>;
    };
    const { token } = await post("/demo/token", { as: name });
    const { data, errors } = await post("/graphql", { query, variables }, { Authorization: `Bearer ${token}` });
    assert.equal(errors, undefined, JSON.stringify(errors));
    return data;
  }

  /** A physician whom the liaison serves asks a question on a patient. It gives the identifier of its case. */
  async submit(): Promise<string> {
    const { products, myPatients } = await this.as("provider", "{ products(first: 1) { nodes { id } } myPatients(first: 1) { nodes { id } } }");
    const input = {
      productId: products.nodes[0].id,
      patientId: myPatients.nodes[0].id,
      unsolicited: true,
      involvesAdverseEvent: false,
      questions: [{ topic: "DOSING", text: "Is the dose adjusted in renal impairment?" }],
    };
    const { made } = await this.as(
      "provider",
      "mutation ($input: SubmitMedicalInquiryInput!) { made: submitMedicalInquiry(input: $input) { case { id } } }",
      { input },
    );
    return made.case.id;
  }
}

/** Waits until something is so. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !holds(); await sleep(10)) assert.ok(Date.now() < end, `never: ${what}`);
}

function postgresURL(database: string): string {
  const [address, query] = postgres!.split("?");
  return [address!.replace(/[^/]*$/, database), query].filter(Boolean).join("?");
}

function psql(statement: string): void {
  execFileSync("psql", ["-q", postgres!, "-c", statement], { stdio: "pipe" });
}
