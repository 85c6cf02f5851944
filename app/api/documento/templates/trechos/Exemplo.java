import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

public class Exemplo {
    public static void main(String[] args) throws Exception {
        var http = HttpClient.newHttpClient();
        var base = "{{ base }}";
{% if credencial %}
        var login = HttpRequest.newBuilder(URI.create(base + "{{ caminho_do_login }}"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString({{ credencial | texto }})).build();
        var token = http.send(login, BodyHandlers.ofString()).body()
            .replaceAll("(?s).*\"accessToken\": *\"([^\"]*).*", "$1");
{% endif %}
{% if pede_id %}
        var log = HttpRequest.newBuilder(URI.create(base + "{{ caminho_do_log }}?limite=1"))
            .header("Authorization", "Bearer " + token).build();
        var operacao = http.send(log, BodyHandlers.ofString()).body()
            .replaceAll("(?s).*?\"id\": *\"([^\"]*).*", "$1");
{% endif %}
{% if corpo %}
        var corpo = {{ corpo | texto }};
{% endif %}
        var pedido = HttpRequest.newBuilder(URI.create(base + "{{ alvo }}"))
{% if credencial %}
            .header("Authorization", "Bearer " + token)
{% endif %}
{% if corpo %}
            .header("Content-Type", "application/json")
{% endif %}
            .method("{{ metodo }}", BodyPublishers.{{ 'ofString(corpo)' if corpo else 'noBody()' }}).build();
        var resposta = http.send(pedido, BodyHandlers.ofString());
        System.out.println(resposta.statusCode() + " " + resposta.body());
    }
}
