// Calls a running suite with the client that was generated from its OpenAPI document. Arguments: URL of the gateway, token.
import createClient from "openapi-fetch";
import type { paths } from "../build/schema.js";

declare const process: { argv: string[] };

const [, , baseUrl = "", token = ""] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}`, "Accept-Language": "en" } });

function require(holds: boolean, what: string, found: unknown): void {
  if (!holds) {
    throw new Error(`${what}: ${JSON.stringify(found)}`);
  }
}

async function read(): Promise<void> {
  const one = await client.GET("/network/v1/units/{name}", { params: { path: { name: "340500" } } });
  require(one.data?.name === "units/340500" && one.data.level === "LEVEL_CITY", "the city", one);
  const list = await client.GET("/network/v1/units", {
    params: { query: { unit: "units/340500", levels: ["LEVEL_COUNTY"], pageSize: 2 } },
  });
  require(list.data?.units?.length === 2 && list.data.nextPageToken !== "", "a page of counties", list);
}

async function submit(): Promise<void> {
  const sent = await client.POST("/network/v1/tips:submit", {
    body: {
      content: {
        unit: "units/340503101204", subjectArea: "collective_funds", channel: "letter",
        title: "集体林地租金未公示", body: "林地出租两年，租金去向没有在公开栏公示。",
      },
    },
  });
  const receipt = sent.data?.receipt ?? "";
  require(receipt !== "", "a receipt", sent);
  const followed = await client.POST("/network/v1/tips:follow", { body: { receipt } });
  require(followed.data?.state === "TIP_STATE_RECEIVED", "the tip by its receipt", followed);
}

async function fail(): Promise<void> {
  const missing = await client.GET("/network/v1/units/{name}", { params: { path: { name: "no_such_unit" } } });
  require(missing.response.status === 404 && missing.error?.code === 5, "an error in its one form", missing);
  // @ts-expect-error The document says that a unit must be named.
  const faulty = await client.GET("/network/v1/units", { params: { query: { pageSize: 2 } } });
  require(faulty.response.status === 400, "a request without what it must have", faulty);
}

await read();
await submit();
await fail();
console.log("the generated client read, submitted and was refused as documented");
