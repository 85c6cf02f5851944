// A till in TypeScript: logs in, reserves, pays and lists, each request and answer typed by /openapi.json.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const base = process.argv[2];
const semToken = createClient<paths>({ baseUrl: base });
const login = await semToken.POST("/winthor/autenticacao/v1/login", { body: { login: "hub", senha: "demo" } });
if (!login.data) throw new Error(JSON.stringify(login.error));

const hub = createClient<paths>({ baseUrl: base, headers: { Authorization: `Bearer ${login.data.accessToken}` } });
const preVenda: components["schemas"]["PreVenda"] = {
  situacaoPreVenda: 2,
  numero: "TS-1",
  idLojaRetaguarda: "1",
  preVendaItens: [{ idProdutoRetaguarda: "10100-1010", quantidade: 2, preco: 10 }],
};
const reserva = await hub.POST("/winthor/varejo/matcon/v1/orders/pdvsync", { body: preVenda });
const numero = reserva.data?.data?.idPedidoRetaguarda;
if (!numero) throw new Error(JSON.stringify(reserva.error));

const paga = await hub.POST("/winthor/varejo/matcon/v1/orders/pdvsync", {
  body: { ...preVenda, situacaoPreVenda: 1, idRetaguarda: numero },
});
const lista = await hub.GET("/winthor/varejo/matcon/v1/orders/pdvsync/consulta", {
  params: { query: { idLojaRetaguarda: "1" } },
});
const itens = lista.data?.data;
if (!Array.isArray(itens)) throw new Error(JSON.stringify(lista.error));
const achada = itens.find((item) => item.idRetaguarda === numero);
console.log(JSON.stringify({ numero, situacaoReserva: paga.data?.data?.situacaoReserva, naLista: achada?.numero }));
