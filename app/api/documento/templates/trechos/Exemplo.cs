using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

static class Exemplo
{
    static async Task Main()
    {
        var http = new HttpClient { BaseAddress = new Uri("{{ base }}") };
{% if credencial %}
        var credencial = new StringContent({{ credencial | texto }}, Encoding.UTF8, "application/json");
        var login = await http.PostAsync("{{ caminho_do_login }}", credencial);
        var token = Regex.Match(await login.Content.ReadAsStringAsync(), "\"accessToken\": *\"([^\"]*)").Groups[1].Value;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
{% endif %}
{% if pede_id %}
        var log = await http.GetStringAsync("{{ caminho_do_log }}?limite=1");
        var operacao = Regex.Match(log, "\"id\": *\"([^\"]*)").Groups[1].Value;
{% endif %}
        var pedido = new HttpRequestMessage(new HttpMethod("{{ metodo }}"), "{{ alvo }}");
{% if corpo %}
        var corpo = {{ corpo | texto }};
        pedido.Content = new StringContent(corpo, Encoding.UTF8, "application/json");
{% endif %}
        var resposta = await http.SendAsync(pedido);
        Console.WriteLine((int)resposta.StatusCode + " " + await resposta.Content.ReadAsStringAsync());
    }
}
