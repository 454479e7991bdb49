import { type Request, type Response, Router } from "express";
import { inject, injectable } from "inversify";
import { field, localPath, queryText, rawField } from "../web/form.js";
import { layout } from "../web/layout.js";
import { endSession, rotateSession } from "../web/session.js";
import { Visits, withNotice } from "../web/visit.js";
import { logInPage, registerPage } from "./account-pages.js";
import { AccountService } from "./account-service.js";

/** Log in, register, log out. */
@injectable()
export class AccountRoutes {
  readonly #accounts: AccountService;
  readonly #visits: Visits;

  constructor(@inject(AccountService) accounts: AccountService, @inject(Visits) visits: Visits) {
    this.#accounts = accounts;
    this.#visits = visits;
  }

  router(): Router {
    return Router()
      .get("/login", (req, res) => this.#showLogIn(req, res))
      .post("/login", (req, res) => this.#logIn(req, res))
      .get("/register", (req, res) => this.#showRegister(req, res))
      .post("/register", (req, res) => this.#register(req, res))
      .post("/logout", (req, res) => this.#logOut(req, res));
  }

  async #showLogIn(req: Request, res: Response): Promise<void> {
    const visit = await this.#visits.of(req);
    res.send(layout(visit, logInPage(visit, { next: localPath(queryText(req, "next", 200), "/") })));
  }

  async #logIn(req: Request, res: Response): Promise<void> {
    const next = localPath(field(req, "next", 200), "/");
    const email = field(req, "email", 120);
    const id = await this.#accounts.logIn(email, rawField(req, "password"));
    if (id === undefined) {
      const visit = await this.#visits.of(req);
      const problem = "This address and this password do not go together.";
      res.status(401).send(layout(visit, logInPage(visit, { problem, email, next })));
      return;
    }
    await rotateSession(req, id);
    res.redirect(303, withNotice(next, "welcome"));
  }

  async #showRegister(req: Request, res: Response): Promise<void> {
    const visit = await this.#visits.of(req);
    res.send(layout(visit, registerPage(visit, { next: localPath(queryText(req, "next", 200), "/") })));
  }

  async #register(req: Request, res: Response): Promise<void> {
    const next = localPath(field(req, "next", 200), "/");
    const name = field(req, "name", 80);
    const email = field(req, "email", 120);
    const result = await this.#accounts.register({ name, email, password: rawField(req, "password") });
    if ("problem" in result) {
      const visit = await this.#visits.of(req);
      const page = registerPage(visit, { problem: result.problem, name, email, next });
      res.status(422).send(layout(visit, page));
      return;
    }
    await rotateSession(req, result.id);
    res.redirect(303, withNotice(next, "welcome"));
  }

  async #logOut(req: Request, res: Response): Promise<void> {
    await endSession(req);
    res.redirect(303, withNotice("/", "bye"));
  }
}
