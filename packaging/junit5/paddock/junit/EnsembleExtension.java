package paddock.junit;

import java.lang.reflect.AnnotatedElement;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.platform.commons.support.AnnotationSupport;

/** What {@link ZooKeeperEnsemble} does. */
public final class EnsembleExtension implements ParameterResolver, TestExecutionExceptionHandler {
    private static final Namespace NAMESPACE = Namespace.create(EnsembleExtension.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Ensemble.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return held(context).ensemble;
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        Held held = context.getStore(NAMESPACE).get("ensemble", Held.class);
        if (held != null) {
            failure.addSuppressed(new ServerLogs(held.ensemble));
        }
        throw failure;
    }

    /** The ensemble of the innermost element that wants one; it lives as long as that. */
    private static Held held(ExtensionContext context) {
        for (ExtensionContext one = context; ; one = one.getParent().orElseThrow()) {
            AnnotatedElement element = one.getElement().orElseThrow();
            ZooKeeperEnsemble wish = AnnotationSupport.findAnnotation(element, ZooKeeperEnsemble.class).orElse(null);
            if (wish != null) {
                return one.getStore(NAMESPACE).getOrComputeIfAbsent("ensemble", key -> new Held(wish), Held.class);
            }
        }
    }

    private static final class Held implements CloseableResource {
        final Ensemble ensemble;

        Held(ZooKeeperEnsemble wish) {
            ensemble = Ensemble.boot(wish.participants(), wish.observers(), wish.settings());
        }

        @Override
        public void close() {
            ensemble.close();
        }
    }

    /** Not an error by itself: how the logs come along with one. */
    private static final class ServerLogs extends Exception {
        private static final long serialVersionUID = 1;

        ServerLogs(Ensemble ensemble) {
            super("the servers' logs of " + ensemble.connectString() + "\n" + ensemble.logs(), null, false, false);
        }
    }
}
