//! Words that say little about a topic, in some languages, as [`super::tokens::normalise`] writes them.
//!
//! Written down from general knowledge of each language, not counted in any collection of texts. They are
//! made light, not left out: a word of one language may be a topic in another (`die`, `son`, `war`).

/// Words of grammar: articles, pronouns, prepositions, auxiliaries.
pub(super) const GRAMMAR: &[&str] = &[
    // English
    "a about above after again against all also am an and any are aren as at be because been before being \
     below between both but by can cannot could couldn d did didn do does doesn doing don down during each few \
     for from further had hadn has hasn have haven having he her here hers herself him himself his how i if in \
     into is isn it its itself just ll m may me might more most must my myself no nor not now of off on once \
     only or other our ours ourselves out over own re s same shall she should shouldn so some such t than that \
     the their theirs them themselves then there these they this those through to too under until up upon us \
     ve very was wasn we were weren what when where which while who whom whose why will with within without \
     won would wouldn yet you your yours yourself yourselves",
    // German
    "aber als am an auch auf aus bei bin bis da dann das dass dein dem den denn der des die dies diese dieser \
     dieses doch du durch ein eine einem einen einer eines er es fur hat hatte haben ich ihm ihn ihr ihre im in \
     ist ja kann kein keine konnen man mehr mein mich mir mit muss nach nicht noch nun nur ob oder ohne sehr \
     sein seine sich sie sind so uber um und uns unser unter vom von vor war waren was weil wenn wer werden wie \
     wir wird wurde zu zum zur zwischen",
    // French
    "ai au aux avec c ce ces cette comme dans de des donc du elle elles en est et etait ete etre eu il ils j je \
     l la le les leur leurs lui ma mais me meme mes moi mon n ne nos notre nous on ont ou par pas plus pour qu \
     que qui sa sans se ses si son sont sur ta te tes toi ton tous tout toute tres tu un une vos votre vous y",
    // Spanish and Portuguese
    "ao aos al algo como con da das del desde do dos donde e el ella ellas ellos em entre era es esa ese eso \
     esta estaba estan este esto foi fue ha hay isso isto la las lo los mais mas me mi muito muy na nao nas no \
     nos nosotros o os otra otro para pela pelo pero por porque que quien sem ser si sin sobre son su sua suas \
     sus tambem tambien te tem tiene todo todos um uma un una uno unos voce y ya yo",
    // Italian
    "agli ai al alla alle anche che chi ci con cui da dal dalla degli dei del della delle di e ed era essere gli \
     ha hanno ho il io le lo loro lui ma mi nei nel nella non noi o per perche piu quando quella quello questa \
     questo se sei si sono sta su sua sul sulla suo tra tu un una uno vi voi",
    // Dutch and the Scandinavian languages
    "aan af als at av bij daar dan dat de den der det die dit dus een en er et for fra geen haar had har heb heeft \
     het hij hun i ik ikke is je jeg kan maar med meer men met mijn naar niet nog nu of og ook om op over pa \
     saa sig skal som te til toen uit van var veel vil voor waar wat we wel werd wordt zal ze zich zij zijn zo \
     att av ar inte jag och vi",
    // Polish, Czech
    "ale az bez by byc byl byla bylo co czy do dla go ich ja jak jako je jego jest jeszcze jej ji jsem jsou juz \
     ktera ktere ktory ktora ktore ma mi mu na nad nebo nie o od po pod pri przez przy sa se sie so sve tak take \
     tam ten tento to tu ty tylko u v ve w we wie z za ze",
    // Turkish, Indonesian
    "ama bir bu bunu cok da daha de degil diye en gibi her icin ile ki kadar ne o olan olarak sonra su var ve \
     veya ya yok adalah akan atau dalam dan dari dengan di ini itu juga karena ke oleh pada saya sudah tidak \
     untuk yang",
    // Russian and Ukrainian
    "а без более бы был была были было быть в вам вас весь во вот все всех вы где да даже для до его ее если \
     есть еще же за здесь и из или им их к как ко когда кто ли либо мне может мы на надо наш не него нее нет ни \
     них но ну о об однако он она они оно от очень по под при с со так также такои там те тем то того тоже тои \
     только том ты у уже хотя чего чеи чем что чтобы чье эта эти это этого этот я але би був була були від він \
     вона вони для до з за та і іх й коли має ми на не ні під про та так те ти це цеи чи що як який яка які",
    // Arabic and Persian
    "ال الى الي او اي ان انا انت انه اذا الا التي الذي الذين ايضا بعد بين ثم حتى حول حيث ذلك على علي عن عند عندما \
     غير فقط في فيه قد قبل كان كانت كل كما لا لقد لكن له لم لن ليس ما مع من منذ منه هذا هذه هل هناك هو هي و وقد \
     ولا وهو يكون أن إن إلى أو أي إذا أنا از است این آن با بر برای به تا در را رو شد شده که می نه های هر هم و یا یک",
    // Hindi
    "और इस उस एक का कर की के को कि कुछ गया जो तक तो था थी थे नहीं ने पर भी में मैं यह ये या वह वे से हम है हैं हो होता",
];

/// Common words of content: they occur in texts on anything.
pub(super) const EVERYDAY: &[&str] = &[
    // English
    "able ago almost already although always among another anyone anything around ask asked away back bad \
     become best better big bit bring call called came case certain come comes complete course day days different \
     done else end enough etc even ever every everyone everything example exactly fact far feel felt find first \
     five follow found four full general get gets getting give given gives go goes going gone good got great \
     group half hand happen hard heard help high hope however idea important instead interested keep kind knew \
     know known large last later least left less let like likely line little long look looking looks lot made \
     main make makes making many matter maybe mean means mine mind much name near need needed needs never new \
     next nice nothing number often oh ok old one ones open order original others part particular past people \
     per perhaps person place please point possible post pretty probably problem problems put question quite \
     rather read real really reason regards reply right run said saw say saying says second see seem seems seen \
     send sent set several show side simply since small someone something sometimes soon sort start state still \
     stuff subject sure take taken tell ten thank thanks thing things think thinking third though thought three \
     thus time times today together told took top tried true try trying turn two type understand unless use used \
     useful user uses using usually want wanted wants way ways week well went whether whole wish word words work \
     working works world wrong wrote year years yes",
    // Addresses and letters
    "com www http https org net edu html mail email fax tel nr mr mrs ms dr st co inc etc ie eg fwd cc bcc fyi",
    // German
    "alle alles andere anderen beim bereits besser damit dazu eigentlich einfach einmal etwas ganz gar geben gehen \
     geht gibt gut heute hier immer jahr jahre jetzt jeder lange leben leute machen macht mal mann menschen neue \
     neuen nichts oft sagen sagt schon seit selbst sollte sondern tag teil viel viele vielleicht weiter welche \
     wieder wirklich wollen zeit zwei",
    // French
    "ainsi alors annee ans apres aussi autre autres avant avoir beaucoup bien bon chaque chose depuis deux dire dit \
     encore entre faire fait faut fois grand homme ici jamais jour moins monde nouveau peu peut peux premier \
     quand quel quelque quelques rien savoir tant temps toujours trois trop vie voir vraiment",
    // Spanish, Portuguese, Italian
    "ahora aqui anos antes asi aun bem bien bueno cada casa coisa cosa cosas cuando dia dias dice dos entonces estar \
     fazer gran grande hacer hasta hoje hoy hombre mejor menos mismo momento mucho muchos mundo nada nunca nuevo \
     parte poco poder primera primero puede pues quando quiere sempre siempre tan tanto tempo tener ter tiempo \
     tres vez vida vamos adesso allora altro ancora anni anno bene cosi dopo due fare fatto giorno grazie molto \
     mondo niente nuovo ogni oggi ora poi prima proprio qualche sempre senza solo stato tanto tempo tutto tutti \
     uomo vita volta",
    // Russian
    "более больше будет быстро вообще время год года день дело два другои жизнь каждыи какои конечно который \
     которая которые которыи лет лучше люди мало много можно нужно новыи один очень первыи пока после потом почему \
     просто раз самыи сеичас себя сегодня сказал снова такои теперь тогда три хорошо человек через",
];

/// Han characters of grammar and everyday words, simplified and traditional.
pub(super) const HAN: &str = "的一是了我不人在他有这個个上们們来來到时時大地为為子中你说說生国年着著就那和要她出也得里裡后後自以会會家可下而过過天去能对對小多然于於心学么麼之都好看起发發当當没沒成只如事把还還用第样樣道想作种種开開些与與此其被从從但本又很最什吗嗎呢吧";
