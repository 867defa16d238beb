// The API's documentation: Swagger UI over this server's own document, asking nothing of any other host.
const operations = document.getElementById("operations");

window.SwaggerUIBundle({
  domNode: operations,
  url: operations.dataset.document,
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  tagsSorter: "alpha",
  // Its validator is a service of somebody else.
  validatorUrl: null,
});
