/**
 * Names that a program runs, or reads as its config without being asked: a client that writes such a file runs code as the
 * person who uses the program next. Lower case; only names with the extension of a data format count, as guests may
 * write no others by `guestWrites: data`. Listed for people in docs/configuration.md.
 */
export const TOOL_NAMES: ReadonlySet<string> = new Set(
  `
  hearth.json hearth.yaml hearth.yml
  package.json package-lock.json npm-shrinkwrap.json pnpm-lock.yaml pnpm-workspace.yaml bower.json lerna.json nx.json
  turbo.json rush.json workspace.json project.json angular.json nodemon.json renovate.json vercel.json now.json
  firebase.json app.json manifest.json
  deno.json import_map.json importmap.json
  composer.json global.json cmakepresets.json cmakeuserpresets.json vcpkg.json
  stack.yaml package.yaml pubspec.yaml meta.yaml conda.yaml environment.yml environment.yaml snapcraft.yaml
  taskfile.yml taskfile.yaml mkdocs.yml mkdocs.yaml playbook.yml playbook.yaml site.yml site.yaml
  action.yml action.yaml appveyor.yml azure-pipelines.yml bitbucket-pipelines.yml buildspec.yml cloudbuild.yaml
  cloudbuild.yml circle.yml codefresh.yml dagger.json devcontainer.json serverless.yml serverless.yaml template.yaml
  template.yml chart.yaml kustomization.yaml kustomization.yml skaffold.yaml tiltfile.json procfile.json process.yml
  pm2.json process.json ecosystem.json lefthook.yml lefthook.yaml pre-commit-config.yaml dvc.yaml
  _quarto.yml _quarto.yaml myst.yml antora-playbook.yml
  devbox.json moon.yml wrangler.json tauri.conf.json electron-builder.json electron-builder.yml electron-builder.yaml
  cypress.json cookiecutter.json tslint.json nixpacks.json railway.json
  helmfile.yaml helmfile.yml requirements.yml molecule.yml
  heroku.yml amplify.yml apprunner.yaml bitrise.yml
  codemagic.yaml copier.yml copier.yaml docker-bake.json process-compose.yaml process-compose.yml
  agents.md claude.md gemini.md skill.md copilot-instructions.md mcp.json
  `
    .trim()
    .split(/\s+/),
);

/** The same as patterns: a tool's name with anything in its middle. */
export const TOOL_NAME = new RegExp(
  `^(?:${[
    "(?:ts|js)config.*\\.json",
    "(?:docker-)?compose.*\\.ya?ml",
    ".*\\.config\\.(?:json|ya?ml)",
    ".*\\.(?:code-workspace|launch|tasks)\\.json",
    "(?:package|deno)\\.jsonl",
    "makefile.*|gnumakefile.*|dockerfile.*|containerfile.*|procfile.*|justfile.*|rakefile.*|gemfile.*|vagrantfile.*",
    "jenkinsfile.*",
  ].join("|")})$`,
);

/** Directories whose files belong to a tool, whatever their names. */
export const TOOL_DIRECTORIES: ReadonlySet<string> = new Set([
  "node_modules",
  "site-packages",
  "dist-packages",
  "__pycache__",
]);
