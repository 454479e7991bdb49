import { type Request, type Response, Router } from "express";
import { notFound } from "../web/http-error.js";
import { drawPicture, parsePictureName } from "./picture.js";

/** Pictures of products. They depend on their address alone, so browsers may keep them for ever, and nothing is looked up. */
export function pictureRoutes(): Router {
  return Router().get("/pictures/:file", (req: Request, res: Response) => {
    const name = /^([\w-]{1,60})\.svg$/.exec(String(req.params["file"]))?.[1];
    const picture = name === undefined ? undefined : parsePictureName(name);
    if (picture === undefined) throw notFound();
    res
      .set("Cache-Control", "public, max-age=31536000, immutable")
      .type("image/svg+xml")
      .send(drawPicture(picture));
  });
}
